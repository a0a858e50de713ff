package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3Client is what a source needs of S3.
type S3Client interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// defaultRegion is asked when the configuration names no Region; S3 answers
// with the bucket's own, which is then used.
const defaultRegion = "us-east-1"

// openS3 gives the objects below s3://bucket/prefix, in the order of their keys.
// The first page is listed at once, so that a wrong bucket or missing
// credentials are told before anything is read.
func openS3(ctx context.Context, address string, client func(context.Context) (S3Client, error)) (Files, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	if bucket == "" {
		return nil, fmt.Errorf("%s: the bucket's name is missing; write s3://bucket/prefix", address)
	}
	var api S3Client
	var err error
	if client != nil {
		api, err = client(ctx)
	} else {
		api, err = configured(ctx, bucket)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	page := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
	first, err := api.ListObjectsV2(ctx, page)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return func(yield func(File, error) bool) {
		for out := first; ; {
			for _, o := range out.Contents {
				key, size := aws.ToString(o.Key), aws.ToInt64(o.Size)
				if strings.HasSuffix(key, "/") {
					continue // a folder made by hand, or by CloudTrail at a trail's creation
				}
				f := File{
					Name: "s3://" + bucket + "/" + key, Key: key, Size: size,
					Open: func(ctx context.Context) (io.ReadCloser, error) {
						got, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
						if err != nil {
							return nil, err
						}
						return got.Body, nil
					},
				}
				if !yield(f, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			next := *page
			next.ContinuationToken = out.NextContinuationToken
			if out, err = api.ListObjectsV2(ctx, &next); err != nil {
				// Without this page the rest of the bucket is unknown: the
				// sequence ends, and whoever reads it must not call it complete.
				yield(File{Name: address}, fmt.Errorf("list objects: %w", err))
				return
			}
		}
	}, nil
}

// configured is the client of the usual AWS configuration (environment, shared
// files, roles), in the bucket's own Region.
func configured(ctx context.Context, bucket string) (S3Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	options := func(o *s3.Options) {
		// Servers other than AWS seldom have a host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
		// They seldom have checksums either, and it is no use telling so per object.
		o.DisableLogOutputChecksumValidationSkipped = true
	}
	client := s3.NewFromConfig(cfg, options)
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" && region != cfg.Region {
			cfg.Region = region
			return s3.NewFromConfig(cfg, options), nil
		}
	}
	return client, nil // an error here is told, better, by the listing
}
