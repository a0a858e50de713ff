// Package s3list lists the objects of a bucket, whatever their keys are.
package s3list

import (
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A Client is what a listing needs of S3.
type Client interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Page gives a page of a listing. It asks for keys that are percent-encoded on the
// way, and decodes them: keys may hold characters that XML cannot, and a single
// object so named, which anybody may put who may put objects, makes a page
// unreadable otherwise. A server that knows nothing of it is taken at its word.
func Page(ctx context.Context, client Client, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	encoded := *in
	encoded.EncodingType = types.EncodingTypeUrl
	out, err := client.ListObjectsV2(ctx, &encoded)
	if err != nil || out.EncodingType != types.EncodingTypeUrl {
		return out, err
	}
	var texts []*string
	for _, o := range out.Contents {
		texts = append(texts, o.Key)
	}
	for _, p := range out.CommonPrefixes {
		texts = append(texts, p.Prefix)
	}
	for _, text := range texts {
		if text == nil {
			continue
		}
		plain, err := url.QueryUnescape(*text)
		if err != nil {
			return nil, fmt.Errorf("the server's listing has %.80q, which is not percent-encoded as it says: %w", *text, err)
		}
		*text = plain
	}
	return out, nil
}
