package blob_test

import (
	"net/http"
	"strings"
	"testing"
)

// A server that gives a blob from its beginning, whatever is asked for, is not
// believed: what it gives are other bytes than those of the place.
func TestS3WithoutRanges(t *testing.T) {
	s := newS3(t, "", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			next.ServeHTTP(w, r)
		}
	})
	if err := s.Put(t.Context(), "k", strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := make([]byte, 3)
	if n, err := r.ReadAt(b, 0); n != 3 || err != nil || string(b) != "con" {
		t.Errorf("at the beginning: %q, %v", b[:n], err)
	}
	if n, err := r.ReadAt(b, 2); n != 0 || err == nil {
		t.Errorf("further on: %q, %v", b[:n], err)
	}
}
