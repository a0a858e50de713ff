package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/service"
	"tocsin/service/s3"
	"tocsin/store/blob"
	"tocsin/store/state"
)

// faulty is a store whose writes fail: before anything was written, or after.
type faulty struct {
	*blob.Memory
	before, after error
}

func (f *faulty) Put(ctx context.Context, key string, content io.ReadSeeker) error {
	if f.before != nil {
		return f.before
	}
	if err := f.Memory.Put(ctx, key, content); err != nil {
		return err
	}
	return f.after
}

// swept is what is left after all garbage was deleted: exactly the bytes of the
// objects that there are.
func (w *world) swept() []string {
	w.t.Helper()
	w.Advance(72 * time.Hour)
	var keys []string
	must(w.t, w.State.View(w.t.Context(), func(tx *state.Tx) (err error) {
		keys, err = tx.Garbage(w.t.Context(), w.Now(), 1000)
		return err
	}))
	for _, k := range keys {
		must(w.t, w.blobs.Delete(w.t.Context(), k))
	}
	var left []string
	for e, err := range w.blobs.List(w.t.Context(), "", "") {
		must(w.t, err)
		in, err := w.blobs.Get(w.t.Context(), e.Key)
		must(w.t, err)
		text, err := io.ReadAll(in)
		must(w.t, err)
		left = append(left, string(text[:min(len(text), 10)]))
	}
	slices.Sort(left)
	return left
}

// spying tells what the spool folder holds while an object is written.
type spying struct {
	*blob.Memory
	spool string
	seen  []string
}

func (s *spying) Put(ctx context.Context, key string, content io.ReadSeeker) error {
	files, err := os.ReadDir(s.spool)
	for _, f := range files {
		s.seen = append(s.seen, f.Name())
	}
	return errors.Join(err, s.Memory.Put(ctx, key, content))
}

// A large body waits in a file that a killed process does not leave behind.
func TestSpoolHasNoNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file keeps its name there until it is closed")
	}
	w := newWorld(t)
	w.bucket("logs")
	blobs := &spying{Memory: w.blobs, spool: t.TempDir()}
	service := s3.New(s3.Options{State: w.State, Blobs: blobs, Now: w.Now, Spool: blobs.spool})
	large := bytes.Repeat([]byte("x"), 3<<20)
	must(t, service.PutObject(w.Context(t), "logs", "large", large, nil))
	if len(blobs.seen) > 0 {
		t.Errorf("a kill would leave %v", blobs.seen)
	}
	in, _, err := service.GetObject(t.Context(), "logs", "large")
	must(t, err)
	back, err := io.ReadAll(in)
	must(t, errors.Join(err, in.Close()))
	if !bytes.Equal(back, large) {
		t.Errorf("%d bytes came back", len(back))
	}
}

func TestNothingIsLostNorLeftOver(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	ctx := service.WithCaller(t.Context(), service.Caller{})
	broken := errors.New("the disk is broken")
	for _, f := range []*faulty{{Memory: w.blobs, before: broken}, {Memory: w.blobs, after: broken}} {
		s := s3.New(s3.Options{State: w.State, Blobs: f, Now: w.Now})
		if err := s.PutObject(ctx, "logs", "lost", []byte("lost"), nil); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	_, err := w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("lost")})
	wantCode(t, err, "NoSuchKey")
	w.put("logs", "a", "replaced")
	w.put("logs", "a", "a")
	w.put("logs", "b", "deleted")
	_, err = w.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String("b")})
	must(t, err)
	_, err = w.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("a"), Body: strings.NewReader("refused"), IfNoneMatch: aws.String("*")})
	wantCode(t, err, "PreconditionFailed")
	if diff := cmp.Diff([]string{"a"}, w.swept()); diff != "" {
		t.Error(diff)
	}

	upload := func(key string) (id *string, parts []types.CompletedPart) {
		u, err := w.client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String("logs"), Key: &key})
		must(t, err)
		for i, c := range []string{"x", "y", "z"} {
			body := bytes.Repeat([]byte(c), 5<<20)
			out, err := w.client.UploadPart(t.Context(), &sdk.UploadPartInput{Bucket: aws.String("logs"), Key: &key, UploadId: u.UploadId, PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(body)})
			must(t, err)
			parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: out.ETag})
		}
		return u.UploadId, parts
	}
	id, _ := upload("aborted")
	_, err = w.client.AbortMultipartUpload(t.Context(), &sdk.AbortMultipartUploadInput{Bucket: aws.String("logs"), Key: aws.String("aborted"), UploadId: id})
	must(t, err)
	id, parts := upload("whole")
	_, err = w.client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
		Bucket: aws.String("logs"), Key: aws.String("whole"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts[:2]},
	})
	must(t, err)
	if diff := cmp.Diff([]string{"a", "xxxxxxxxxx", "yyyyyyyyyy"}, w.swept()); diff != "" {
		t.Error(diff)
	}
	if got := w.read("logs", "whole", ""); len(got) != 10<<20 {
		t.Errorf("%d bytes", len(got))
	}
	upload("never ended")
	for _, key := range []string{"a", "whole"} {
		_, err = w.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("logs"), Key: &key})
		must(t, err)
	}
	_, err = w.client.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String("logs")})
	must(t, err)
	if left := w.swept(); len(left) != 0 {
		t.Errorf("left over: %q", left)
	}
}

// A body whose signature is wrong leaves nothing behind.
func TestTamperedBodiesAreVoid(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	for _, size := range []int{10, 3 << 20} {
		answer, _ := w.send("PUT", "/logs/k", strings.Repeat("x", size), "X-Amz-Content-Sha256", strings.Repeat("0", 64))
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%d bytes: %d", size, answer.StatusCode)
		}
	}
	_, err := w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k")})
	wantCode(t, err, "NoSuchKey")
	if left := w.swept(); len(left) != 0 {
		t.Error(left)
	}
}

// Of many that write a key only if it is free, one does.
func TestOneOfManyWrites(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]int{}
	for range 8 {
		wg.Go(func() {
			_, err := w.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")})
			mu.Lock()
			defer mu.Unlock()
			codes[code(err)]++
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[string]int{"": 1, "PreconditionFailed": 7}, codes); diff != "" {
		t.Error(diff)
	}
}

// A bucket may also stand in front of the host's name.
func TestVirtualHosts(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.put("logs", "dir/k", "text")
	for host, path := range map[string]string{"logs.localhost:1": "/dir/k", "logs.s3.localhost": "/dir/k", "localhost": "/logs/dir/k", "s3.localhost:9": "/logs/dir/k", "127.0.0.1": "/logs/dir/k"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, *w.config.BaseEndpoint+path, nil)
		must(t, err)
		r.Host = host
		answer, err := w.config.HTTPClient.Do(r)
		must(t, err)
		text, err := io.ReadAll(answer.Body)
		must(t, errors.Join(err, answer.Body.Close()))
		told := w.told()
		// Nobody may read it anonymously, but it is there.
		if answer.StatusCode != 403 || told[len(told)-1].Request.(map[string]any)["key"] != "dir/k" {
			t.Errorf("%s%s: %d %s", host, path, answer.StatusCode, text)
		}
	}
}

func TestBrowsersAsk(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	ask := func(origin, method string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, *w.config.BaseEndpoint+"/logs/k", nil)
		must(t, err)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", method)
		r.Header.Set("Access-Control-Request-Headers", "x-amz-date")
		answer, err := w.config.HTTPClient.Do(r)
		must(t, err)
		must(t, answer.Body.Close())
		return answer
	}
	if got := ask("https://a.example", "GET").StatusCode; got != 403 {
		t.Error(got)
	}
	_, err := w.client.PutBucketCors(t.Context(), &sdk.PutBucketCorsInput{Bucket: aws.String("logs"), CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{
		{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"https://*.example"}, AllowedHeaders: []string{"x-amz-*"}, MaxAgeSeconds: aws.Int32(9)},
	}}})
	must(t, err)
	if a := ask("https://a.example", "GET"); a.StatusCode != 200 || a.Header.Get("Access-Control-Allow-Origin") != "https://a.example" || a.Header.Get("Access-Control-Max-Age") != "9" {
		t.Error(a.StatusCode, a.Header)
	}
	w.put("logs", "k", "text")
	for origin, want := range map[string]string{"https://a.example": "https://a.example", "https://a.other": ""} {
		if a, _ := w.send("GET", "/logs/k", "", "Origin", origin); a.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s: %s", origin, a.Header)
		}
	}
	for _, c := range [][2]string{{"https://a.other", "GET"}, {"https://a.example", "PUT"}} {
		if got := ask(c[0], c[1]).StatusCode; got != 403 {
			t.Errorf("%s: %d", c, got)
		}
	}
}
