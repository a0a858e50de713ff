package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/internal/sdkhttp"
	"tocsin/source"
)

// stored is what both kinds of Objects hold in their test.
var stored = []string{"p/AWSLogs/1/a/1", "p/AWSLogs/1/a/2", "p/AWSLogs/1/a-b/3", "p/AWSLogs/1/b/c/4", "p/AWSLogs/2/5", "p/x"}

func inS3(t *testing.T) source.Objects {
	t.Helper()
	storage := s3mem.New()
	if err := storage.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	for _, key := range stored {
		meta := map[string]string{"X-Amz-Meta-Signature": "of " + key}
		if _, err := storage.PutObject("bucket", key, meta, strings.NewReader(key), int64(len(key)), nil); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(gofakes3.New(storage).Server())
	t.Cleanup(server.Close)
	return source.S3Objects(func(context.Context) (source.S3Client, error) {
		return s3.New(s3.Options{
			BaseEndpoint: &server.URL, UsePathStyle: true, Region: "eu-west-1",
			Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
			HTTPClient:  sdkhttp.Client(nil), DisableLogOutputChecksumValidationSkipped: true,
		}), nil
	})
}

func inDirectory(t *testing.T) source.Objects {
	t.Helper()
	dir := t.TempDir()
	for _, key := range append([]string{".hidden/y", "p/.z"}, stored...) {
		name := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(key), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+source.MetadataSuffix, []byte(`{"signature":"of `+key+`"}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mirror, err := source.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mirror.Close(); err != nil {
			t.Error(err)
		}
	})
	return mirror
}

// S3 and a directory behave alike.
func TestObjects(t *testing.T) {
	for name, open := range map[string]func(*testing.T) source.Objects{"s3": inS3, "directory": inDirectory} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			folders := func(prefix string) []string {
				got, err := o.Folders(t.Context(), "bucket", prefix)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			keys := func(prefix, after string) (got []string) {
				for key, err := range o.Keys(t.Context(), "bucket", prefix, after) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, key)
				}
				return got
			}
			for _, c := range []struct {
				what      string
				got, want []string
			}{
				{"folders at the top", folders(""), []string{"p/"}},
				{"folders", folders("p/AWSLogs/1/"), []string{"p/AWSLogs/1/a-b/", "p/AWSLogs/1/a/", "p/AWSLogs/1/b/"}},
				{"folders of nothing", folders("q/"), nil},
				{"keys, in the order of bytes", keys("p/AWSLogs/1/", ""), []string{"p/AWSLogs/1/a-b/3", "p/AWSLogs/1/a/1", "p/AWSLogs/1/a/2", "p/AWSLogs/1/b/c/4"}},
				{"keys after one", keys("p/AWSLogs/1/", "p/AWSLogs/1/a/1"), []string{"p/AWSLogs/1/a/2", "p/AWSLogs/1/b/c/4"}},
				{"keys after a folder", keys("p/AWSLogs/1/", "p/AWSLogs/1/a/9"), []string{"p/AWSLogs/1/b/c/4"}},
				{"keys of nothing", keys("q/", ""), nil},
			} {
				if d := cmp.Diff(c.want, c.got); d != "" {
					t.Errorf("%s: %s", c.what, d)
				}
			}
			for range o.Keys(t.Context(), "bucket", "p/", "") {
				break // a reader may stop
			}
			got, err := o.Get(t.Context(), "bucket", "p/AWSLogs/2/5")
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(got.Body)
			if err != nil || string(text) != "p/AWSLogs/2/5" || got.Metadata["signature"] != "of p/AWSLogs/2/5" {
				t.Errorf("%q, %v, %v", text, got.Metadata, err)
			}
			if err := got.Body.Close(); err != nil {
				t.Error(err)
			}
			if _, err := o.Get(t.Context(), "bucket", "p/AWSLogs/2/6"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what is not there: %v", err)
			}
		})
	}
}

func TestMirrorOfAPartOfABucket(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"AWSLogs/1/a", "other/p/AWSLogs/1/b"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(secret, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "AWSLogs", "link")); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"within": "../other/p/AWSLogs/1/b", "folder": "../other/p/AWSLogs/1"} {
		if err := os.Symlink(to, filepath.Join(dir, "AWSLogs", name)); err != nil {
			t.Fatal(err)
		}
	}
	mirror, err := source.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer mirror.Close()
	for _, c := range []struct {
		bucket, key string
		there       bool
	}{
		{"any", "AWSLogs/1/a", true},
		{"any", "cut/off/AWSLogs/1/a", true},
		{"other", "p/AWSLogs/1/b", true},
		{"any", "p/AWSLogs/1/b", false},
		{"any", "AWSLogs/../../secret", false},
		{"any", "../secret", false},
		{"..", "secret", false},
		{"any", "/" + secret, false},
		{"any", "AWSLogs/link", false},
		{"any", "AWSLogs/within", true}, // the folder is left, the mirror is not
		{"any", "AWSLogs/folder/b", true},
		{"any", "AWSLogs/1", false},
		{"any", "", false},
	} {
		got, err := mirror.Get(t.Context(), c.bucket, c.key)
		if (err == nil) != c.there {
			t.Errorf("%s/%s: %v", c.bucket, c.key, err)
		}
		if err == nil {
			got.Body.Close()
		}
	}
}

func TestMirrorMetadata(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	mirror, err := source.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer mirror.Close()
	for text, want := range map[string]string{
		`{"ContentLength":1,"Metadata":{"signature":"ab"}}`: "ab",
		`{"signature":"cd"}`: "cd",
		`{"signature":7}`:    "!",
		`[]`:                 "!",
	} {
		if err := os.WriteFile(name+source.MetadataSuffix, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		o, err := mirror.Get(t.Context(), "", "x")
		got := "!"
		if err == nil {
			got = o.Metadata["signature"]
			o.Body.Close()
		} else if !strings.Contains(err.Error(), "x.metadata.json") {
			t.Errorf("the error does not name the file: %v", err)
		}
		if got != want {
			t.Errorf("%s: %q, want %q (%v)", text, got, want, err)
		}
	}
}

// More folders than a mirror keeps open, from many sides at once.
func TestMirrorOfManyFolders(t *testing.T) {
	dir := t.TempDir()
	name := func(i int) string { return fmt.Sprintf("AWSLogs/%d/file", i) }
	for i := range 100 {
		path := filepath.Join(dir, name(i))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(name(i)), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	mirror, err := source.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for side := range 4 {
		all.Go(func() {
			for i := range 400 {
				want := name((i*7 + side*13) % 100)
				o, err := mirror.Get(t.Context(), "any", want)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(o.Body)
				if err = errors.Join(err, o.Body.Close()); err != nil || string(got) != want {
					t.Errorf("%s: %q, %v", want, got, err)
				}
			}
		})
	}
	all.Wait()
	if err := mirror.Close(); err != nil {
		t.Error(err)
	}
}

// A person who reads an error of S3 has no use for the names of requests and hosts.
func TestErrorsOfS3AreBrief(t *testing.T) {
	objects := inS3(t)
	_, listed := objects.Folders(t.Context(), "nowhere", "")
	_, got := objects.Get(t.Context(), "nowhere", "x")
	for what, err := range map[string]error{"list": listed, "get": got} {
		if err == nil || !strings.Contains(err.Error(), "s3://nowhere/") || !strings.Contains(err.Error(), "NoSuchBucket") ||
			strings.Contains(err.Error(), "RequestID") || strings.Contains(err.Error(), "operation error") {
			t.Errorf("%s: %v", what, err)
		}
		var answer smithy.APIError
		if !errors.As(err, &answer) {
			t.Errorf("%s: what the service answered cannot be asked for any more", what)
		}
	}
}
