package source_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/internal/sdkhttp"
	"tocsin/source"
)

// contents opens every file of the paths and returns "name=content" in order;
// what cannot be had stands as "name!error".
func contents(t *testing.T, o source.Options, paths ...string) []string {
	t.Helper()
	files, err := source.Open(t.Context(), paths, o)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for f, err := range files {
		if err != nil {
			got = append(got, f.Name+"!"+err.Error())
			continue
		}
		r, err := f.Open(t.Context())
		if err != nil {
			got = append(got, f.Name+"!"+err.Error())
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if f.Size >= 0 && !strings.Contains(f.Name, "!") && f.Size != int64(len(text)) {
			t.Errorf("%s: size %d, but %d bytes", f.Name, f.Size, len(text))
		}
		got = append(got, f.Name+"="+string(text))
	}
	return got
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "logs/b.json", "B")
	write(t, "logs/a/2.json", "A2")
	write(t, "logs/a/1.json", "A1")
	write(t, "logs/.hidden", "no")
	write(t, "logs/.git/x.json", "no")
	write(t, "elsewhere.json", "E")
	for link, target := range map[string]string{
		"logs/c.json": "../elsewhere.json", // followed
		"logs/loop":   ".",                 // a folder: not followed
		"logs/z.json": "nothing",           // leads nowhere: told
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	got := contents(t, source.Options{}, "logs")
	want := []string{"logs/a/1.json=A1", "logs/a/2.json=A2", "logs/b.json=B", "logs/c.json=E", "logs/z.json!stat logs/z.json: no such file or directory"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLinkToAFolderThatIsNamedIsFollowed(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "2023/a/1.json", "A1")
	if err := os.Symlink("2023", "logs"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"logs", "logs/", "logs//"} {
		if d := cmp.Diff([]string{"logs/a/1.json=A1"}, contents(t, source.Options{}, path)); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
	if d := cmp.Diff([]string{"2023/a/1.json=A1"}, contents(t, source.Options{}, ".")); d != "" {
		t.Error(d)
	}
}

func TestFolderThatVanishesIsToldAndPassedOver(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"logs/a/1.json", "logs/b/1.json", "logs/c/1.json"} {
		write(t, name, "x")
	}
	files, err := source.Open(t.Context(), []string{"logs"}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for f, err := range files {
		got = append(got, fmt.Sprint(f.Name, " ", err != nil))
		if len(got) == 1 {
			if err := os.RemoveAll("logs/b"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d := cmp.Diff([]string{"logs/a/1.json false", "logs/b true", "logs/c/1.json false"}, got); d != "" {
		t.Error(d)
	}
}

func TestZip(t *testing.T) {
	t.Chdir(t.TempDir())
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"AWSLogs/1.json", "AWSLogs/", "AWSLogs/.DS_Store", "AWSLogs/2.json"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "/") {
			fmt.Fprint(w, strings.ToUpper(name))
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, "logs/a.zip", b.String())
	write(t, "logs/b.ZIP", "not an archive")
	got := contents(t, source.Options{}, "logs")
	want := []string{
		"logs/a.zip!AWSLogs/1.json=AWSLOGS/1.JSON", "logs/a.zip!AWSLogs/2.json=AWSLOGS/2.JSON",
		"logs/b.ZIP!read zip archive: zip: not a valid zip file",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPathsKeepTheirOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "b.json", "B")
	write(t, "a.json", "A")
	got := contents(t, source.Options{Stdin: strings.NewReader("IN")}, "b.json", "-", "a.json")
	if d := cmp.Diff([]string{"b.json=B", "-=IN", "a.json=A"}, got); d != "" {
		t.Error(d)
	}
}

func TestWrongPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	for path, want := range map[string]string{
		"nothing.json":    "nothing.json: no such file or directory",
		"https://x.org/y": "https://x.org/y: no such file; of addresses only s3://bucket/prefix is known",
		"s3://":           "s3://: the bucket's name is missing; write s3://bucket/prefix",
	} {
		_, err := source.Open(t.Context(), []string{path}, source.Options{})
		if err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %q", path, err, want)
		}
	}
	if _, err := source.Open(t.Context(), []string{"nothing"}, source.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is not fs.ErrNotExist: %v", err)
	}
	if _, err := source.Open(t.Context(), []string{"-", "-"}, source.Options{}); err == nil {
		t.Error("standard input was taken twice")
	}
}

// bucket is a real S3 API over HTTP, in memory, with the given number of objects.
func bucket(t *testing.T, objects int) *s3.Client {
	t.Helper()
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), HTTPClient: sdkhttp.Client(nil),
	})
	if err := backend.CreateBucket("trail"); err != nil {
		t.Fatal(err)
	}
	for i := range objects {
		key := fmt.Sprintf("AWSLogs/o/%04d.json", i)
		if _, err := backend.PutObject("trail", key, nil, strings.NewReader(key), int64(len(key)), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"AWSLogs/o/", "Other/x.json"} {
		if _, err := backend.PutObject("trail", key, nil, strings.NewReader(""), 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

func TestS3ListsEveryPage(t *testing.T) {
	const objects = 2345 // three pages
	client := bucket(t, objects)
	o := source.Options{S3: func(context.Context) (source.S3Client, error) { return client, nil }}
	files, err := source.Open(t.Context(), []string{"s3://trail/AWSLogs/"}, o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for f, err := range files {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("s3://trail/AWSLogs/o/%04d.json", n); f.Name != want {
			t.Fatalf("file %d is %s, want %s", n, f.Name, want)
		}
		n++
	}
	if n != objects {
		t.Errorf("%d files, want %d", n, objects)
	}
	got := contents(t, o, "s3://trail/AWSLogs/o/0007")
	if d := cmp.Diff([]string{"s3://trail/AWSLogs/o/0007.json=AWSLogs/o/0007.json"}, got); d != "" {
		t.Error(d)
	}
}

func TestS3MissingBucketIsToldAtOnce(t *testing.T) {
	client := bucket(t, 0)
	o := source.Options{S3: func(context.Context) (source.S3Client, error) { return client, nil }}
	_, err := source.Open(t.Context(), []string{"s3://nowhere/x"}, o)
	if err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("got %v", err)
	}
}

// flakyList answers the first page and fails on the next.
type flakyList struct {
	*s3.Client
	calls int
}

func (f *flakyList) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, o ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if f.calls++; f.calls > 1 {
		return nil, errors.New("SlowDown")
	}
	return f.Client.ListObjectsV2(ctx, in, o...)
}

func TestS3ListingThatBreaksIsNotComplete(t *testing.T) {
	flaky := &flakyList{Client: bucket(t, 1500)}
	o := source.Options{S3: func(context.Context) (source.S3Client, error) { return flaky, nil }}
	files, err := source.Open(t.Context(), []string{"s3://trail/AWSLogs"}, o)
	if err != nil {
		t.Fatal(err)
	}
	good, bad := 0, 0
	for _, err := range files {
		if err != nil {
			bad++
		} else {
			good++
		}
	}
	if good < 900 || bad != 1 {
		t.Errorf("%d files and %d errors; want the first page and one error", good, bad)
	}
}

// forgetfulList says that each page is followed by another, but not by which.
type forgetfulList struct{ source.S3Client }

func (forgetfulList) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &s3.ListObjectsV2Output{Contents: []types.Object{{Key: aws.String("k.json")}}, IsTruncated: aws.Bool(true)}, nil
}

func TestS3ListingWithoutATokenEnds(t *testing.T) {
	client := func(context.Context) (source.S3Client, error) { return forgetfulList{}, nil }
	files, err := source.Open(t.Context(), []string{"s3://trail"}, source.Options{S3: client})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for f, err := range files {
		got = append(got, fmt.Sprint(f.Name, " ", err))
	}
	want := []string{"s3://trail/k.json <nil>", "s3://trail list objects: the server says that the listing goes on, but not where"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := source.S3Objects(client).Folders(t.Context(), "trail", ""); err == nil {
		t.Error("a listing without an end has folders")
	}
}
