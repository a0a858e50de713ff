package blob

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"tocsin/internal/s3list"
)

// S3Client is what the store needs of S3.
type S3Client interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// S3 is a Store in a bucket, or in the part of one whose keys begin with a prefix.
//
// Put asks for the write to take place only if the key is free, and sends the
// content's SHA-256, which S3 checks. Of servers other than AWS some ignore
// such a condition: there, a later write replaces an earlier one.
//
// Objects whose keys are no keys of blobs are left alone. A bucket with
// versioning keeps what Delete takes away, until its life cycle rules end it.
type S3 struct {
	client S3Client
	bucket string
	prefix string
}

// NewS3 is the store in a bucket, below prefix: "" or what could be a
// key, with a slash at its end.
func NewS3(client S3Client, bucket, prefix string) (*S3, error) {
	if bucket == "" {
		return nil, errors.New("the bucket's name is missing; write s3://bucket/prefix")
	}
	if prefix != "" {
		folder, ok := strings.CutSuffix(prefix, "/")
		if !ok {
			return nil, fmt.Errorf("blob store: the prefix %q does not end in a slash", prefix)
		}
		if err := CheckKey(folder); err != nil {
			return nil, fmt.Errorf("blob store: prefix: %w", err)
		}
		if len(prefix) > MaxPrefix {
			return nil, fmt.Errorf("blob store: the prefix %.40q... has %d bytes, more than %d", prefix, len(prefix), MaxPrefix)
		}
	}
	return &S3{client, bucket, prefix}, nil
}

// object is the key of a blob in the bucket, after a look at what every method
// looks at first.
func (s *S3) object(ctx context.Context, key string) (*string, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	return aws.String(s.prefix + key), nil
}

// Put is Store's.
func (s *S3) Put(ctx context.Context, key string, content io.ReadSeeker) error {
	return failed("put blob", key, s.put(ctx, key, content))
}

func (s *S3) put(ctx context.Context, key string, content io.ReadSeeker) error {
	object, err := s.object(ctx, key)
	if err != nil {
		return err
	}
	size, err := measure(content)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(sum, attended{ctx, content}, size); err != nil {
		return err
	}
	in := &s3.PutObjectInput{
		Bucket: &s.bucket, Key: object, Body: content, ContentLength: &size, IfNoneMatch: aws.String("*"),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum.Sum(nil))),
	}
	for range attempts {
		if err = s.create(ctx, in, key, content, size); !errors.Is(err, ErrNotExist) {
			break // else a blob was there that is gone meanwhile
		}
	}
	return err
}

// create writes an object whose key is free, or finds it written.
func (s *S3) create(ctx context.Context, in *s3.PutObjectInput, key string, content io.ReadSeeker, size int64) error {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, in, retryConflicts)
	switch reason := code(err); {
	case reason == "PreconditionFailed":
		// Also when an attempt of this call was applied and its answer lost.
	case reason == "NotImplemented" && in.IfNoneMatch != nil:
		in.IfNoneMatch = nil // the server knows no conditions
		if _, err := s.Stat(ctx, key); errors.Is(err, ErrNotExist) {
			return s.create(ctx, in, key, content, size)
		}
	default:
		return translated(err)
	}
	found, err := s.open(ctx, key)
	if err != nil {
		return err
	}
	defer found.Close()
	return present(found, content, size)
}

// retryConflicts repeats a write that met another one of the same key.
func retryConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
}

// Get is Store's.
func (s *S3) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	object, err := s.object(ctx, key)
	if err != nil {
		return nil, failed("get blob", key, err)
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.bucket, Key: object, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return nil, failed("get blob", key, translated(err))
	}
	return out.Body, nil
}

// Open is Store's.
func (s *S3) Open(ctx context.Context, key string) (Reader, error) {
	r, err := s.open(ctx, key)
	if err != nil {
		return nil, failed("open blob", key, err)
	}
	return r, nil
}

func (s *S3) open(ctx context.Context, key string) (*objectReader, error) {
	object, err := s.object(ctx, key)
	if err != nil {
		return nil, err
	}
	about, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: object})
	if err != nil {
		return nil, translated(err)
	}
	return &objectReader{ctx, s, key, object, about.ETag, aws.ToInt64(about.ContentLength)}, nil
}

// objectReader is an open blob of S3; every ReadAt is a request.
type objectReader struct {
	ctx    context.Context
	store  *S3
	key    string
	object *string
	etag   *string // of what was opened, so that nothing else is read
	size   int64
}

func (r *objectReader) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, failed("read blob", r.key, fmt.Errorf("offset %d is before the start", offset))
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, end := 0, int(min(int64(len(p)), max(r.size-offset, 0)))
	for try := 0; n < end; try++ {
		got, err := r.read(p[n:end], offset+int64(n))
		if n += got; err != nil && (got == 0 || try == readTries || r.ctx.Err() != nil) {
			return n, failed("read blob", r.key, err)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readTries is how often a read goes on where a connection broke off.
const readTries = 3

// read is one request for the bytes of p.
func (r *objectReader) read(p []byte, offset int64) (int, error) {
	out, err := r.store.client.GetObject(r.ctx, &s3.GetObjectInput{
		Bucket: &r.store.bucket, Key: r.object, IfMatch: r.etag,
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+int64(len(p))-1)),
	})
	if err != nil {
		return 0, translated(err)
	}
	var n int
	if place := fmt.Sprintf("bytes %d-", offset); offset > 0 && !strings.HasPrefix(aws.ToString(out.ContentRange), place) {
		err = errors.New("the server gives other bytes than those asked for: it knows no ranges")
	} else if n, err = io.ReadFull(out.Body, p); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if closeErr := out.Body.Close(); err == nil {
		err = closeErr
	}
	return n, err
}

func (r *objectReader) Close() error { return nil }
func (r *objectReader) Size() int64  { return r.size }

// Stat is Store's.
func (s *S3) Stat(ctx context.Context, key string) (Entry, error) {
	object, err := s.object(ctx, key)
	if err != nil {
		return Entry{}, failed("stat blob", key, err)
	}
	about, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: object})
	if err != nil {
		return Entry{}, failed("stat blob", key, translated(err))
	}
	return Entry{key, aws.ToInt64(about.ContentLength), aws.ToTime(about.LastModified)}, nil
}

// List is Store's. It needs a bucket that lists in the order of keys, as all do
// but S3's directory buckets; it ends with an error on another one.
func (s *S3) List(ctx context.Context, prefix, after string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.prefix + prefix), MaxKeys: aws.Int32(page)}
		if after != "" {
			in.StartAfter = aws.String(s.prefix + after)
		}
		for last, more := after, true; more; {
			out, err := s3list.Page(ctx, s.client, in)
			if err != nil {
				yield(Entry{}, failed("list blobs", prefix, err))
				return
			}
			for _, o := range out.Contents {
				key, ok := strings.CutPrefix(aws.ToString(o.Key), s.prefix)
				if !ok || CheckKey(key) != nil {
					continue
				}
				if key <= last {
					yield(Entry{}, failed("list blobs", prefix, fmt.Errorf("the bucket %s does not list in the order of keys", s.bucket)))
					return
				}
				if last = key; !yield(Entry{key, aws.ToInt64(o.Size), aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
			in.ContinuationToken, in.StartAfter = out.NextContinuationToken, nil
			more = aws.ToBool(out.IsTruncated)
		}
	}
}

// Delete is Store's.
func (s *S3) Delete(ctx context.Context, key string) error {
	object, err := s.object(ctx, key)
	if err == nil {
		_, err = s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: object})
	}
	if err = translated(err); errors.Is(err, ErrNotExist) {
		err = nil // S3 says nothing of it; other servers may
	}
	return failed("delete blob", key, err)
}

// code is the name that S3 gives an error, "" of any other.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// translated is an error of S3 that this package has a word for.
func translated(err error) error {
	switch code(err) {
	case "NoSuchKey", "NotFound":
		return ErrNotExist
	case "EntityTooLarge":
		return ErrTooLarge
	}
	return err
}
