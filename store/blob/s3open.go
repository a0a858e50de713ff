package blob

import (
	"context"
	"errors"
	"fmt"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tocsin/internal/sdkhttp"
)

// defaultRegion is asked when the configuration names no Region; S3 answers
// with the bucket's own, which is then used.
const defaultRegion = "us-east-1"

// OpenS3 is the store at s3://bucket/prefix, with the client of the usual AWS
// configuration (environment, shared files, roles) in the bucket's own Region.
// A bucket that does not exist or may not be used is told at once.
func OpenS3(ctx context.Context, address string) (*S3, error) {
	rest, ok := strings.CutPrefix(address, "s3://")
	if !ok {
		return nil, fmt.Errorf("%s: not an address of S3; write s3://bucket/prefix", address)
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	store, err := NewS3(nil, bucket, prefix)
	if err == nil {
		store.client, err = configured(ctx, bucket)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return store, nil
}

// configured is the client for a bucket.
func configured(ctx context.Context, bucket string) (S3Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	cfg.HTTPClient = sdkhttp.Client(cfg.HTTPClient)
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
	if !errors.As(err, &answer) || answer.Response == nil {
		return client, err
	}
	if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" && region != cfg.Region {
		cfg.Region = region
		client = s3.NewFromConfig(cfg, options)
		_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	}
	if errors.As(err, &answer) && answer.HTTPStatusCode() == 404 {
		err = errors.New("no such bucket")
	}
	return client, err
}
