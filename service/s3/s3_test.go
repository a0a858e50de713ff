package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/internal/sdkhttp"
	"tocsin/service"
	"tocsin/service/s3"
	"tocsin/service/servicetest"
	"tocsin/store/blob"
	"tocsin/wire/sigv4"
)

// A world is S3 behind HTTP, with real signatures and policies.
type world struct {
	*servicetest.World
	t       *testing.T
	service *s3.Service
	client  *sdk.Client // the root of the account
	config  aws.Config
	blobs   *blob.Memory

	mu      sync.Mutex
	records []service.Record // guarded by mu
}

const secret = "secret"

// accounts are whose keys are known.
var accounts = map[string]string{"AKIAIOSFODNN7EXAMPLE": servicetest.Account, "AKIAOTHEREXAMPLE0001": "222222222222"}

func newWorld(t *testing.T) *world {
	w := &world{World: servicetest.New(t), t: t, blobs: blob.NewMemory()}
	w.service = s3.New(s3.Options{
		State: w.State, Blobs: w.blobs, Now: w.Now, Spool: t.TempDir(),
		Admit: w.admit, Permit: permit, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Observe: func(_ context.Context, r service.Record) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.records = append(w.records, r)
		},
	})
	w.config = servicetest.Config(t, w.service)
	w.client = sdk.NewFromConfig(w.config, pathStyle)
	return w
}

func pathStyle(o *sdk.Options) { o.UsePathStyle = true }

// as is the client of another account.
func (w *world) as(key string) *sdk.Client {
	return sdk.NewFromConfig(w.config, pathStyle, func(o *sdk.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
		})
	})
}

func (w *world) admit(r *http.Request) (context.Context, error) {
	caller := service.Caller{Time: w.Now(), Endpoint: "http://" + r.Host}
	if sigv4.Anonymous(r) {
		caller.Scope = servicetest.Scope // where their calls are recorded
		return service.WithCaller(r.Context(), caller), sigv4.UnwrapS3(r)
	}
	v := sigv4.Verifier{Now: time.Now, Secret: func(_ context.Context, id string) (string, bool, error) {
		return secret, accounts[id] != "", nil
	}}
	signer, err := v.VerifyS3(r)
	if err != nil {
		return nil, err
	}
	account := accounts[signer.AccessKeyID]
	caller.AccessKeyID, caller.Account, caller.Region, caller.Partition = signer.AccessKeyID, account, signer.Region, "aws"
	caller.Principal = policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::" + account + ":root", ID: account, CanonicalUser: s3.CanonicalID(account)}
	return service.WithCaller(r.Context(), caller), nil
}

// permit decides by the resource's policy, and lets roots do everything in their
// own account.
func permit(ctx context.Context, needs []service.Need) error {
	c := service.CallerOf(ctx)
	for _, n := range needs {
		p := policy.Policies{}
		if c.Principal.Type != policy.Anonymous {
			all, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, policy.Identity)
			if err != nil {
				return err
			}
			p.Identity = []policy.Named{{Name: "root", Policy: all}}
		}
		if n.Policy != nil {
			parsed, err := policy.Parse(*n.Policy, policy.Any)
			if err != nil {
				return err
			}
			p.Resource = &policy.Named{Name: n.PolicyName, Policy: parsed}
		}
		r := policy.Request{Principal: c.Principal, Action: n.Action, Resource: n.Resource, Owner: n.Owner, Context: n.Context}
		if d := policy.Evaluate(p, r); d.Verdict != policy.Allowed {
			return &sigv4.Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: d.Message(r)}
		}
	}
	return nil
}

// told are the records so far.
func (w *world) told() []service.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.records)
}

func (w *world) bucket(name string) {
	w.t.Helper()
	_, err := w.client.CreateBucket(w.t.Context(), &sdk.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: servicetest.Region},
	})
	must(w.t, err)
}

func (w *world) put(bucket, key, body string) *sdk.PutObjectOutput {
	w.t.Helper()
	out, err := w.client.PutObject(w.t.Context(), &sdk.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	must(w.t, err)
	return out
}

func (w *world) read(bucket, key, version string) string {
	w.t.Helper()
	in := &sdk.GetObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled}
	if version != "" {
		in.VersionId = &version
	}
	out, err := w.client.GetObject(w.t.Context(), in)
	must(w.t, err)
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	must(w.t, err)
	return string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code is AWS's code of an error; "" for none.
func code(err error) string {
	if err == nil {
		return ""
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestObjectsComeBack(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	large := strings.Repeat("0123456789abcdef", 1<<17) // 2 MB, which wait in a file
	for _, key := range []string{"a", "AWSLogs/123/x.json.gz", "ä b+c/%41/&<>", "dir/", "..", "a//b", "?x=1", "\u2028", "a\nb"} {
		for _, body := range []string{"", "text", large} {
			w.put("logs", key, body)
			if got := w.read("logs", key, ""); got != body {
				t.Errorf("%q: %d bytes of %d came back", key, len(got), len(body))
			}
		}
	}
	out := w.put("logs", "a", "text")
	if got := aws.ToString(out.ETag); got != `"1cb251ec0d568de6a929b520c4aed8d1"` {
		t.Error(got)
	}
	head, err := w.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")})
	must(t, err)
	if aws.ToInt64(head.ContentLength) != 4 || aws.ToString(head.ETag) != *out.ETag || aws.ToString(head.ContentType) != "application/octet-stream" {
		t.Errorf("%+v", head)
	}
	_, err = w.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("logs"), Key: aws.String("none")})
	wantCode(t, err, "NotFound")
	_, err = w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("none")})
	wantCode(t, err, "NoSuchKey")
}

// Over TLS the SDK sends bodies in chunks, with a checksum behind them.
func TestTrailingChecksums(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	server := httptest.NewTLSServer(w.service)
	defer server.Close()
	config := w.config
	config.BaseEndpoint, config.HTTPClient = &server.URL, sdkhttp.Client(server.Client())
	client := sdk.NewFromConfig(config, pathStyle)
	for _, a := range types.ChecksumAlgorithm("").Values() {
		if strings.HasPrefix(string(a), "XX") || a == types.ChecksumAlgorithmMd5 || a == types.ChecksumAlgorithmSha512 {
			continue // the SDK cannot make these by itself
		}
		for _, body := range []string{"", "text", strings.Repeat("0123456789abcdef", 1<<17)} {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Body: strings.NewReader(body), ChecksumAlgorithm: a, ContentEncoding: aws.String("gzip")})
			must(t, err)
			out, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled})
			must(t, err)
			text, err := io.ReadAll(out.Body)
			must(t, errors.Join(err, out.Body.Close()))
			if string(text) != body || aws.ToString(out.ContentEncoding) != "gzip" {
				t.Errorf("%s: %d bytes of %d, %s", a, len(text), len(body), aws.ToString(out.ContentEncoding))
			}
			sums := map[types.ChecksumAlgorithm]*string{
				types.ChecksumAlgorithmCrc32: out.ChecksumCRC32, types.ChecksumAlgorithmCrc32c: out.ChecksumCRC32C, types.ChecksumAlgorithmCrc64nvme: out.ChecksumCRC64NVME,
				types.ChecksumAlgorithmSha1: out.ChecksumSHA1, types.ChecksumAlgorithmSha256: out.ChecksumSHA256,
			}
			if sums[a] == nil {
				t.Errorf("%s: the checksum did not come back", a)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.put("logs", "k", "0123456789")
	for r, want := range map[string]string{"bytes=0-0": "0", "bytes=2-4": "234", "bytes=8-": "89", "bytes=-3": "789", "bytes=5-100": "56789", "bytes=-100": "0123456789", "bytes=x": "0123456789", "bytes=1-2,4-5": "0123456789"} {
		out, err := w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Range: &r})
		must(t, err)
		got, err := io.ReadAll(out.Body)
		must(t, errors.Join(err, out.Body.Close()))
		if string(got) != want {
			t.Errorf("%s: %q", r, got)
		}
	}
	_, err := w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Range: aws.String("bytes=10-")})
	wantCode(t, err, "InvalidRange")
}

func TestVersions(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.put("logs", "k", "null")
	_, err := w.client.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningInput{
		Bucket: aws.String("logs"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	must(t, err)
	first, second := w.put("logs", "k", "one"), w.put("logs", "k", "two")
	deleted, err := w.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String("k")})
	must(t, err)
	if !aws.ToBool(deleted.DeleteMarker) {
		t.Error("no delete marker")
	}
	_, err = w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k")})
	wantCode(t, err, "NoSuchKey")
	_, err = w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), VersionId: deleted.VersionId})
	wantCode(t, err, "MethodNotAllowed")
	got := []string{w.read("logs", "k", "null"), w.read("logs", "k", *first.VersionId), w.read("logs", "k", *second.VersionId)}
	if diff := cmp.Diff([]string{"null", "one", "two"}, got); diff != "" {
		t.Error(diff)
	}
	_, err = w.client.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String("logs")})
	wantCode(t, err, "BucketNotEmpty")
	// What Terraform's force_destroy does: delete each page, and go on behind it.
	pages := sdk.NewListObjectVersionsPaginator(w.client, &sdk.ListObjectVersionsInput{Bucket: aws.String("logs"), MaxKeys: aws.Int32(1)})
	for n := 0; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		var ids []types.ObjectIdentifier
		for _, v := range page.Versions {
			ids = append(ids, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			if !aws.ToBool(m.IsLatest) {
				t.Error("the marker is not the latest")
			}
			ids = append(ids, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(ids) != 1 || n > 4 {
			t.Fatalf("page %d has %d", n, len(ids))
		}
		out, err := w.client.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{Bucket: aws.String("logs"), Delete: &types.Delete{Objects: ids}})
		must(t, err)
		if len(out.Errors) != 0 || len(out.Deleted) != 1 {
			t.Errorf("%+v", out)
		}
	}
	_, err = w.client.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String("logs")})
	must(t, err)
}

func TestUploadInParts(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	for _, how := range []sdk.CreateMultipartUploadInput{
		{},
		{ChecksumAlgorithm: types.ChecksumAlgorithmCrc32},
		{ChecksumAlgorithm: types.ChecksumAlgorithmSha256},
		{ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme},
		{ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c, ChecksumType: types.ChecksumTypeFullObject},
	} {
		how.Bucket, how.Key = aws.String("logs"), aws.String("big")
		u, err := w.client.CreateMultipartUpload(t.Context(), &how)
		must(t, err)
		part := func(n int32, body []byte) types.CompletedPart {
			out, err := w.client.UploadPart(t.Context(), &sdk.UploadPartInput{
				Bucket: how.Bucket, Key: how.Key, UploadId: u.UploadId, PartNumber: &n, Body: bytes.NewReader(body), ChecksumAlgorithm: how.ChecksumAlgorithm,
			})
			must(t, err)
			return types.CompletedPart{
				PartNumber: &n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumSHA256: out.ChecksumSHA256,
				ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumCRC32C: out.ChecksumCRC32C,
			}
		}
		a, b := bytes.Repeat([]byte("a"), 5<<20), bytes.Repeat([]byte("b"), 5<<20+3)
		part(1, []byte("is replaced"))
		parts := []types.CompletedPart{part(1, a), part(3, b), part(7, []byte("end"))}
		part(9, []byte("is left out"))
		done, err := w.client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
			Bucket: how.Bucket, Key: how.Key, UploadId: u.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		must(t, err)
		if !strings.HasSuffix(*done.ETag, `-3"`) {
			t.Error(*done.ETag)
		}
		whole := string(a) + string(b) + "end"
		if got := w.read("logs", "big", ""); got != whole {
			t.Errorf("%d bytes came back", len(got))
		}
		out, err := w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: how.Bucket, Key: how.Key, Range: aws.String("bytes=5242879-5242881")})
		must(t, err)
		if got, err := io.ReadAll(out.Body); err != nil || string(got) != "abb" {
			t.Errorf("%q, %v", got, err)
		}
		out, err = w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: how.Bucket, Key: how.Key, PartNumber: aws.Int32(7)})
		must(t, err)
		if got, err := io.ReadAll(out.Body); err != nil || string(got) != "end" || aws.ToInt32(out.PartsCount) != 3 {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestListings(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "d e+f"} {
		w.put("logs", key, key)
	}
	var got []string
	pages := sdk.NewListObjectsV2Paginator(w.client, &sdk.ListObjectsV2Input{Bucket: aws.String("logs"), MaxKeys: aws.Int32(1), Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, o := range page.Contents {
			got = append(got, *o.Key)
		}
		for _, p := range page.CommonPrefixes {
			got = append(got, *p.Prefix)
		}
	}
	if diff := cmp.Diff([]string{"a", "b/", "d e+f"}, got); diff != "" {
		t.Error(diff)
	}
	one, err := w.client.ListObjects(t.Context(), &sdk.ListObjectsInput{Bucket: aws.String("logs"), Marker: aws.String("b/1"), EncodingType: types.EncodingTypeUrl})
	must(t, err)
	if len(one.Contents) != 3 || *one.Contents[2].Key != "d+e%2Bf" {
		t.Errorf("%+v", one.Contents)
	}
}
