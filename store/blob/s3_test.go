package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/internal/sdkhttp"
	"tocsin/store/blob"
)

// serve is the address of an S3 API over real HTTP, in memory, with an empty
// bucket named segments, behind whatever before makes of it.
func serve(t *testing.T, before func(http.Handler) http.HandlerFunc) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("segments"); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(backend).Server()
	if before != nil {
		handler = before(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// newS3 is a store on such a server, whose client does not wait before it
// tries again.
func newS3(t *testing.T, prefix string, before func(http.Handler) http.HandlerFunc) *blob.S3 {
	t.Helper()
	client := s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(serve(t, before)), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
		HTTPClient: sdkhttp.Client(nil), DisableLogOutputChecksumValidationSkipped: true,
	})
	store, err := blob.NewS3(client, "segments", prefix)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// putTwice puts content under one key twice, and other content once more.
func putTwice(t *testing.T, s blob.Store) {
	t.Helper()
	for range 2 {
		if err := s.Put(t.Context(), "k", strings.NewReader("content")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(t.Context(), "k", strings.NewReader("other")); !errors.Is(err, blob.ErrExist) {
		t.Errorf("other content: %v, want ErrExist", err)
	}
	r, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "content" || err != nil {
		t.Errorf("it holds %q, %v", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// refuse answers with an error of S3.
func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>for the test</Message></Error>", code)
}

// A write whose answer got lost is tried again by the client, which finds its
// own first attempt.
func TestS3AnswerLost(t *testing.T) {
	var puts atomic.Int32
	putTwice(t, newS3(t, "", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && puts.Add(1) == 1 {
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		}
	}))
	if puts.Load() != 4 {
		t.Errorf("%d writes, want 4", puts.Load())
	}
}

// Two conditional writes that meet are told to try again.
func TestS3Conflict(t *testing.T) {
	var puts atomic.Int32
	putTwice(t, newS3(t, "", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && puts.Add(1) == 1 {
				refuse(w, http.StatusConflict, "ConditionalRequestConflict")
				return
			}
			next.ServeHTTP(w, r)
		}
	}))
}

// A server that knows no conditions is asked first what it has.
func TestS3WithoutConditions(t *testing.T) {
	putTwice(t, newS3(t, "", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") != "" {
				refuse(w, http.StatusNotImplemented, "NotImplemented")
				return
			}
			next.ServeHTTP(w, r)
		}
	}))
}

// A server that implements no writing at all is not asked for ever.
func TestS3NotImplemented(t *testing.T) {
	store := newS3(t, "", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				refuse(w, http.StatusNotImplemented, "NotImplemented")
				return
			}
			next.ServeHTTP(w, r)
		}
	})
	if err := store.Put(t.Context(), "k", strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "NotImplemented") {
		t.Errorf("got %v", err)
	}
}

// What is sent can be checked by S3, and is sent again whole from a file.
func TestS3Request(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	file := filepath.Join(t.TempDir(), "segment")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	var puts int
	store := newS3(t, "a/b/", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut {
				next.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			sum := sha256.Sum256(content)
			if err != nil || !bytes.Equal(body, content) || r.URL.Path != "/segments/a/b/k" || r.Header.Get("If-None-Match") != "*" ||
				r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]) {
				t.Errorf("put %s with %d bytes, %v, %v", r.URL.Path, len(body), err, r.Header)
			}
			if puts++; puts < 3 {
				refuse(w, http.StatusServiceUnavailable, "SlowDown")
			}
		}
	})
	if err := store.Put(t.Context(), "k", f); err != nil {
		t.Error(err)
	}
	if puts != 3 {
		t.Errorf("%d attempts, want 3", puts)
	}
	if err := f.Close(); err != nil { // the caller's to close
		t.Error(err)
	}
}

// A content that breaks off is an error, never a short blob, and bytes are
// only read from the object that was opened.
func TestS3Reading(t *testing.T) {
	var conditions []string
	store := newS3(t, "", func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				next.ServeHTTP(w, r)
				return
			}
			conditions = append(conditions, r.Header.Get("If-Match"))
			whole := httptest.NewRecorder()
			next.ServeHTTP(whole, r)
			for _, name := range []string{"Content-Length", "Content-Range"} {
				w.Header().Set(name, whole.Header().Get(name))
			}
			w.WriteHeader(whole.Code)
			if _, err := w.Write(whole.Body.Bytes()[:(whole.Body.Len()+1)/2]); err != nil {
				t.Error(err)
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			panic(http.ErrAbortHandler)
		}
	})
	if err := store.Put(t.Context(), "k", bytes.NewReader(make([]byte, 1000))); err != nil {
		t.Fatal(err)
	}
	content, err := store.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, content); err == nil {
		t.Errorf("read %d bytes without an error", n)
	}
	content.Close() // says the same again
	r, err := store.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	// 50, 25, 13 and 6 bytes come; then it is given up.
	if n, err := r.ReadAt(make([]byte, 100), 10); n != 94 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes at 10, %v", n, err)
	}
	if n, err := r.ReadAt(make([]byte, 6), 990); n != 6 || err != nil {
		t.Errorf("read %d bytes at 990, %v", n, err)
	}
	for i, condition := range conditions {
		if i > 0 && len(condition) < 32 {
			t.Errorf("request %d reads without If-Match", i)
		}
	}
}

// Objects of others in the bucket are no blobs of the store.
func TestS3LeavesOthersAlone(t *testing.T) {
	client := pages{
		{"p/", "p//x", "p/.hidden", "p/a", "p/b/"},
		{},
		{"p/b/c", "p/x\ny"},
	}
	store, err := blob.NewS3(&client, "segments", "p/")
	if err != nil {
		t.Fatal(err)
	}
	if got := keysOf(t, store); !slices.Equal(got, []string{"a", "b/c"}) {
		t.Errorf("listed %q", got)
	}
}

// A bucket that lists in no order is told from one that does.
func TestS3OutOfOrder(t *testing.T) {
	store, err := blob.NewS3(&pages{{"b"}, {"a"}}, "segments", "")
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, err := range store.List(t.Context(), "", "") {
		errs = append(errs, err)
	}
	if len(errs) != 2 || errs[0] != nil || errs[1] == nil || !strings.Contains(errs[1].Error(), "order of keys") {
		t.Errorf("got %v", errs)
	}
}

// pages is a client that lists the given keys, page by page.
type pages [][]string

func (p *pages) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	for _, key := range (*p)[0] {
		out.Contents = append(out.Contents, types.Object{Key: &key})
	}
	if *p = (*p)[1:]; len(*p) > 0 {
		out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String("next")
	}
	return out, nil
}

func (p *pages) PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return nil, errors.ErrUnsupported
}

func (p *pages) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return nil, errors.ErrUnsupported
}

func (p *pages) HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return nil, errors.ErrUnsupported
}

func (p *pages) DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	return nil, errors.ErrUnsupported
}

// The usual configuration leads to any server, and a wrong address says so.
func TestOpenS3(t *testing.T) {
	for _, variable := range os.Environ() { // of whoever runs the test
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", serve(t, nil))
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	for _, address := range []string{"s3://segments", "s3://segments/", "s3://segments/a", "s3://segments/a/b/"} {
		store, err := blob.OpenS3(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Put(t.Context(), "of/"+fmt.Sprint(len(address)), strings.NewReader(address)); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := blob.OpenS3(t.Context(), "s3://segments")
	if err != nil {
		t.Fatal(err)
	}
	if got := keysOf(t, whole); !slices.Equal(got, []string{"a/b/of/18", "a/of/15", "of/13", "of/14"}) {
		t.Errorf("there are %q", got)
	}
	for address, want := range map[string]string{
		"s3://nothing": "no such bucket", "s3://": "bucket's name is missing", "/a/folder": "write s3://bucket/prefix",
		"s3://segments/../x": "begins with a dot", "s3://segments/" + strings.Repeat("long/", 60): "more than 256",
	} {
		if _, err := blob.OpenS3(t.Context(), address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
}
