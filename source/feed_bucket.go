package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tocsin/internal/s3list"
)

const (
	// requestTime is how long a request may take, that of an object's content
	// left out.
	requestTime = 30 * time.Second
	// idleTime is how long the content of an object may keep its reader waiting.
	idleTime = 30 * time.Second
	// maxBuckets is how many buckets' clients are kept.
	maxBuckets = 256
)

// clients are those of the buckets, made when first asked for.
type clients struct {
	connect func(ctx context.Context, bucket string) (S3Client, error)
	idle    time.Duration

	mu       sync.Mutex
	byBucket map[string]S3Client // guarded by mu
}

func newClients(connect func(context.Context, string) (S3Client, error)) *clients {
	if connect == nil {
		connect = configured
	}
	return &clients{connect: connect, idle: idleTime, byBucket: map[string]S3Client{}}
}

// of is the client of a bucket. Two who ask at once may each make one.
func (c *clients) of(ctx context.Context, bucket string) (S3Client, error) {
	c.mu.Lock()
	client, known := c.byBucket[bucket]
	c.mu.Unlock()
	if known {
		return client, nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	client, err := c.connect(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("s3://%s: %w", bucket, briefly(err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byBucket) >= maxBuckets {
		clear(c.byBucket)
	}
	c.byBucket[bucket] = client
	return client, nil
}

// open begins to read an object, and gives its version.
func (c *clients) open(ctx context.Context, bucket, key string) (content, string, error) {
	client, err := c.of(ctx, bucket)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	watch := time.AfterFunc(requestTime, func() { cancel(errStalled) })
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err == nil && aws.ToInt64(got.ContentLength) > maxStored {
		_ = got.Body.Close() // it is not wanted
		err = fmt.Errorf("%d bytes, more than %d", *got.ContentLength, int64(maxStored))
	}
	if err != nil {
		watch.Stop()
		stalled := errors.Is(context.Cause(ctx), errStalled)
		cancel(nil)
		name := "s3://" + bucket + "/" + key
		var missing *types.NoSuchKey
		switch {
		case errors.As(err, &missing):
			return nil, "", missingError(name + ": no such object")
		case stalled:
			err = errStalled
		}
		return nil, "", fmt.Errorf("%s: %w", name, briefly(err))
	}
	watch.Reset(c.idle)
	body := &objectContent{got.Body, io.LimitReader(got.Body, maxStored), ctx, cancel, watch, c.idle}
	return body, version(got.ETag), nil
}

// version is an ETag without its quotes.
func version(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// errStalled is what becomes of a server that says nothing for too long.
var errStalled = errors.New("the server sends nothing any more")

// An objectContent ends with its context, and when nothing comes for too long.
type objectContent struct {
	body   io.Closer
	rest   io.Reader
	ctx    context.Context
	cancel context.CancelCauseFunc
	watch  *time.Timer
	idle   time.Duration
}

func (c *objectContent) Read(p []byte) (int, error) {
	c.watch.Reset(c.idle)
	n, err := c.rest.Read(p)
	c.watch.Stop() // the one who reads may take his time
	if err != nil && c.ctx.Err() != nil {
		err = context.Cause(c.ctx)
	}
	return n, err
}

func (c *objectContent) Close() error {
	c.watch.Stop()
	c.cancel(nil)
	return c.body.Close()
}

// A bucketShelf is a bucket.
type bucketShelf struct {
	clients *clients
	bucket  string
}

// pages calls visit with each page of a listing until it returns false.
func (b bucketShelf) pages(ctx context.Context, in *s3.ListObjectsV2Input, visit func(*s3.ListObjectsV2Output) bool) error {
	in.Bucket = &b.bucket
	for {
		out, err := b.page(ctx, in)
		if err != nil {
			return err
		}
		if !visit(out) {
			return nil
		}
		if more, err := turnPage(in, out); err != nil || !more {
			return err
		}
	}
}

// page lists one page.
func (b bucketShelf) page(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	client, err := b.clients.of(ctx, b.bucket)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	out, err := s3list.Page(ctx, client, in)
	if err != nil {
		return nil, fmt.Errorf("list s3://%s/%s: %w", b.bucket, aws.ToString(in.Prefix), briefly(err))
	}
	return out, nil
}

func (b bucketShelf) folders(ctx context.Context, prefix string) ([]string, error) {
	slash := "/"
	var names []string
	err := b.pages(ctx, &s3.ListObjectsV2Input{Prefix: &prefix, Delimiter: &slash}, func(page *s3.ListObjectsV2Output) bool {
		for _, p := range page.CommonPrefixes {
			names = append(names, aws.ToString(p.Prefix))
		}
		return len(names) < maxPrefixes
	})
	return names, err
}

// maxPrefixes is how many folders below one prefix are looked at.
const maxPrefixes = 100_000

func (b bucketShelf) files(ctx context.Context, prefix, after string) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		in := &s3.ListObjectsV2Input{Prefix: &prefix}
		if after != "" {
			in.StartAfter = &after
		}
		going := true
		err := b.pages(ctx, in, func(page *s3.ListObjectsV2Output) bool {
			for _, o := range page.Contents {
				s := stored{aws.ToString(o.Key), version(o.ETag), aws.ToInt64(o.Size), aws.ToTime(o.LastModified)}
				// A server that does not know StartAfter begins at the beginning.
				if s.key <= after || strings.HasSuffix(s.key, "/") {
					continue
				}
				if going = yield(s, nil); !going {
					return false
				}
			}
			return true
		})
		if err != nil && going {
			yield(stored{}, err)
		}
	}
}

func (b bucketShelf) open(ctx context.Context, key string) (content, string, error) {
	return b.clients.open(ctx, b.bucket, key)
}
