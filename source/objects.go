package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tocsin/internal/s3list"
)

// Objects is where the objects of buckets are kept: S3, or a directory that
// mirrors a bucket. Unlike Files it tells folders, reads any object by its name,
// and gives the user metadata that S3 keeps beside an object.
type Objects interface {
	// Folders gives the names of the folders directly below a prefix that is
	// empty or ends in a slash: full prefixes, ending in a slash, in order.
	Folders(ctx context.Context, bucket, prefix string) ([]string, error)
	// Keys gives the keys that begin with prefix and come after the key after,
	// in the order of their bytes. An error ends the sequence.
	Keys(ctx context.Context, bucket, prefix, after string) iter.Seq2[string, error]
	// Get reads an object; fs.ErrNotExist when it is not there.
	Get(ctx context.Context, bucket, key string) (Object, error)
}

// An Object is an open object.
type Object struct {
	Body io.ReadCloser
	// Metadata is the user metadata, without x-amz-meta- before the names.
	Metadata map[string]string
}

// S3Objects gives the objects in S3, each bucket asked for in its own Region.
// client is as in Options.
func S3Objects(client func(context.Context) (S3Client, error)) Objects {
	connect := func(ctx context.Context, bucket string) (S3Client, error) {
		if client != nil {
			return client(ctx)
		}
		return configured(ctx, bucket)
	}
	return &s3Objects{connect: connect, clients: map[string]S3Client{}}
}

type s3Objects struct {
	connect func(ctx context.Context, bucket string) (S3Client, error)

	mu      sync.Mutex
	clients map[string]S3Client // by bucket; guarded by mu
}

func (o *s3Objects) client(ctx context.Context, bucket string) (S3Client, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, known := o.clients[bucket]; known {
		return c, nil
	}
	c, err := o.connect(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("s3://%s: %w", bucket, err)
	}
	o.clients[bucket] = c
	return c, nil
}

// pages calls visit with each page of a listing until it returns false.
func (o *s3Objects) pages(ctx context.Context, in *s3.ListObjectsV2Input, visit func(*s3.ListObjectsV2Output) bool) error {
	api, err := o.client(ctx, *in.Bucket)
	if err != nil {
		return err
	}
	for {
		out, err := s3list.Page(ctx, api, in)
		if err != nil {
			return fmt.Errorf("list s3://%s/%s: %w", *in.Bucket, aws.ToString(in.Prefix), briefly(err))
		}
		if !visit(out) {
			return nil
		}
		if more, err := turnPage(in, out); err != nil {
			return fmt.Errorf("list s3://%s/%s: %w", *in.Bucket, aws.ToString(in.Prefix), err)
		} else if !more {
			return nil
		}
	}
}

func (o *s3Objects) Folders(ctx context.Context, bucket, prefix string) ([]string, error) {
	slash := "/"
	var names []string
	err := o.pages(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, Delimiter: &slash}, func(page *s3.ListObjectsV2Output) bool {
		for _, p := range page.CommonPrefixes {
			names = append(names, aws.ToString(p.Prefix))
		}
		return true
	})
	return names, err
}

func (o *s3Objects) Keys(ctx context.Context, bucket, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
		if after != "" {
			in.StartAfter = &after
		}
		going := true
		err := o.pages(ctx, in, func(page *s3.ListObjectsV2Output) bool {
			for _, object := range page.Contents {
				// A server that does not know StartAfter begins at the beginning.
				if key := aws.ToString(object.Key); key > after {
					if going = yield(key, nil); !going {
						return false
					}
				}
			}
			return true
		})
		if err != nil && going {
			yield("", err)
		}
	}
}

func (o *s3Objects) Get(ctx context.Context, bucket, key string) (Object, error) {
	api, err := o.client(ctx, bucket)
	if err != nil {
		return Object{}, err
	}
	got, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	var missing *types.NoSuchKey
	switch {
	case errors.As(err, &missing):
		return Object{}, fmt.Errorf("s3://%s/%s: %w", bucket, key, fs.ErrNotExist)
	case err != nil:
		return Object{}, fmt.Errorf("s3://%s/%s: %w", bucket, key, briefly(err))
	}
	meta := make(map[string]string, len(got.Metadata))
	for name, value := range got.Metadata {
		meta[strings.ToLower(name)] = value
	}
	return Object{Body: got.Body, Metadata: meta}, nil
}
