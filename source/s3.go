package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"tocsin/internal/s3list"
	"tocsin/internal/sdkhttp"
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
	first, err := s3list.Page(ctx, api, page)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, briefly(err))
	}
	return func(yield func(File, error) bool) {
		in := *page
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
							return nil, briefly(err)
						}
						return got.Body, nil
					},
				}
				if !yield(f, nil) {
					return
				}
			}
			var more bool
			if more, err = turnPage(&in, out); err == nil && !more {
				return
			}
			if err == nil {
				out, err = s3list.Page(ctx, api, &in)
			}
			if err != nil {
				// Without this page the rest of the bucket is unknown: the
				// sequence ends, and whoever reads it must not call it complete.
				yield(File{Name: address}, fmt.Errorf("list objects: %w", briefly(err)))
				return
			}
		}
	}, nil
}

// turnPage makes of the request for a page the one for the next; false: it was
// the last. A server that says there is more but not where would be asked for
// the same page for ever.
func turnPage(in *s3.ListObjectsV2Input, out *s3.ListObjectsV2Output) (more bool, err error) {
	if !aws.ToBool(out.IsTruncated) {
		return false, nil
	}
	next := aws.ToString(out.NextContinuationToken)
	if next == "" || next == aws.ToString(in.ContinuationToken) {
		return false, errors.New("the server says that the listing goes on, but not where")
	}
	in.ContinuationToken = &next
	return true, nil
}

// configured is the client of the usual AWS configuration (environment, shared
// files, roles), in the bucket's own Region.
func configured(ctx context.Context, bucket string) (S3Client, error) {
	cfg, err := loadConfig(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, noCredentials(err)
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	options := func(o *s3.Options) {
		// Servers other than AWS seldom have a host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
	}
	client := s3.NewFromConfig(cfg, options)
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
	case !errors.As(err, &answer) || answer.Response == nil || answer.HTTPStatusCode() == 0:
		return nil, briefly(err) // nobody answers; asking again would only take longer
	default: // an error of S3 is told, better, by the listing
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" && region != cfg.Region {
			cfg.Region = region
			return s3.NewFromConfig(cfg, options), nil
		}
	}
	return client, nil
}

// noCredentials says what to do where no credentials are found.
func noCredentials(err error) error {
	const remedy = "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login"
	if strings.Contains(err.Error(), "ec2imds") { // the last place looked at, and this is no machine in AWS
		return &briefError{remedy, err}
	}
	return fmt.Errorf(remedy+" (%w)", err)
}

// loadConfig is the usual AWS configuration. On a machine that is not in AWS the
// search for credentials does not wait long for an instance's metadata; and the
// SDK keeps to itself what it would log, for what matters is told as an error.
func loadConfig(ctx context.Context) (aws.Config, error) {
	quiet := config.WithLogger(logging.Nop{})
	cfg, err := config.LoadDefaultConfig(ctx, quiet)
	if err != nil {
		return cfg, err
	}
	metadata := imds.NewFromConfig(cfg, func(o *imds.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 2, 100*time.Millisecond })
	})
	cfg, err = config.LoadDefaultConfig(ctx, quiet, config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = metadata }))
	cfg.HTTPClient = sdkhttp.Client(cfg.HTTPClient)
	return cfg, err
}

// briefly says of an error of S3 what a person needs: the code, the message and
// a remedy, without the names of requests and hosts.
func briefly(err error) error {
	var answer smithy.APIError
	var unsent *smithyhttp.RequestSendError
	switch {
	case errors.As(err, &unsent):
		return &briefError{unsent.Err.Error(), err}
	case !errors.As(err, &answer):
		return err
	}
	text := answer.ErrorCode() + ": " + answer.ErrorMessage()
	if answer.ErrorCode() == "AccessDenied" {
		text += "; what is needed is s3:ListBucket on the bucket and s3:GetObject on its objects, and kms:Decrypt where a key encrypts them"
	}
	return &briefError{text, err}
}

// A briefError is another error in fewer words.
type briefError struct {
	text string
	err  error
}

func (e *briefError) Error() string { return e.text }
func (e *briefError) Unwrap() error { return e.err }
