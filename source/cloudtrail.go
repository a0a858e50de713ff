package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"tocsin/core/digest"
)

// CloudTrail asks the CloudTrail API for the two things that a validation needs
// of it: public keys, and where a trail delivers. It speaks the API's JSON 1.1
// itself, with the SDK's configuration and signer.
type CloudTrail struct {
	cfg aws.Config
}

// NewCloudTrail uses the usual AWS configuration.
func NewCloudTrail(ctx context.Context) (*CloudTrail, error) {
	cfg, err := loadConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &CloudTrail{cfg}, nil
}

// PublicKeys is ListPublicKeys, asked in the given Region.
func (c *CloudTrail) PublicKeys(ctx context.Context, region string, start, end time.Time) (digest.Keys, error) {
	in := map[string]any{"StartTime": start.Unix(), "EndTime": end.Unix()}
	keys := digest.Keys{}
	for {
		var page struct {
			PublicKeyList []json.RawMessage
			NextToken     string
		}
		text, err := c.call(ctx, region, "ListPublicKeys", in)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return nil, fmt.Errorf("ListPublicKeys: %w", err)
		}
		if len(page.PublicKeyList) > 0 {
			some, err := digest.ReadKeys(text)
			if err != nil {
				return nil, fmt.Errorf("ListPublicKeys: %w", err)
			}
			for name, k := range some {
				keys[name] = k
			}
		}
		switch page.NextToken {
		case "":
			return keys, nil
		case in["NextToken"]:
			return nil, errors.New("ListPublicKeys: the answer leads to itself")
		}
		in["NextToken"] = page.NextToken
	}
}

// A Delivery is where a trail delivers its log files and digests.
type Delivery struct {
	Bucket       string `json:"S3BucketName"`
	Prefix       string `json:"S3KeyPrefix"`
	Organization bool   `json:"IsOrganizationTrail"`
}

// A NoTrailError says that the account has no trail with that ARN.
type NoTrailError struct{ ARN string }

func (e *NoTrailError) Error() string { return "there is no such trail: " + e.ARN }

// Trail tells where the trail with the ARN delivers, by DescribeTrails.
func (c *CloudTrail) Trail(ctx context.Context, region, arn string) (Delivery, error) {
	text, err := c.call(ctx, region, "DescribeTrails", map[string]any{})
	if err != nil {
		return Delivery{}, err
	}
	var out struct {
		TrailList []struct {
			TrailARN string
			Delivery
		} `json:"trailList"`
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return Delivery{}, fmt.Errorf("DescribeTrails: %w", err)
	}
	for _, t := range out.TrailList {
		if t.TrailARN == arn {
			return t.Delivery, nil
		}
	}
	return Delivery{}, &NoTrailError{arn}
}

// An APIError is an error that the service answered.
type APIError struct {
	Operation, Code, Message string
}

func (e *APIError) Error() string { return e.Operation + ": " + e.Code + ": " + e.Message }

// regionName is the form of a Region's name. It may come from the name of an
// object, which anyone who may write to the bucket chooses, and leads to a host.
var regionName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,62}$`)

// endpoint is the URL of the API in a Region.
func (c *CloudTrail) endpoint(region string) string {
	for _, from := range c.cfg.ConfigSources {
		if s, ok := from.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if url, found, err := s.GetServiceBaseEndpoint(context.Background(), "CloudTrail"); err == nil && found {
				return url
			}
		}
	}
	if c.cfg.BaseEndpoint != nil {
		return *c.cfg.BaseEndpoint
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return "https://cloudtrail." + region + "." + domain
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 16 << 20

// attempts is how often a call is made when the service or the way there fails.
const attempts = 3

func (c *CloudTrail) call(ctx context.Context, region, operation string, in any) ([]byte, error) {
	if !regionName.MatchString(region) {
		return nil, fmt.Errorf("%s: %q is no Region", operation, region)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		text, again, err := c.attempt(ctx, region, operation, body)
		if err == nil || !again || attempt == attempts {
			return text, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(attempt) * 500 * time.Millisecond):
		}
	}
}

// attempt makes a call once; again says that another may help.
func (c *CloudTrail) attempt(ctx context.Context, region, operation string, body []byte) (text []byte, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.endpoint(region), "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."+operation)
	if c.cfg.Credentials == nil {
		return nil, false, fmt.Errorf("%s: there are no AWS credentials", operation)
	}
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", operation, noCredentials(err))
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "cloudtrail", region, time.Now()); err != nil {
		return nil, false, fmt.Errorf("%s: %w", operation, err)
	}
	client := aws.HTTPClient(http.DefaultClient)
	if c.cfg.HTTPClient != nil {
		client = c.cfg.HTTPClient
	}
	answer, err := client.Do(req)
	if err != nil {
		return nil, ctx.Err() == nil, fmt.Errorf("%s: %w", operation, err)
	}
	defer answer.Body.Close() // it was only read: nothing is lost with an error
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, true, fmt.Errorf("%s: %w", operation, err)
	}
	if answer.StatusCode == http.StatusOK {
		return text, false, nil
	}
	var fault struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &fault) != nil || fault.Type == "" {
		fault.Type, fault.Message = fmt.Sprint(answer.StatusCode), answer.Status
	}
	code := fault.Type[strings.LastIndexByte(fault.Type, '#')+1:]
	again = answer.StatusCode >= 500 || strings.Contains(code, "Throttling")
	return nil, again, &APIError{operation, code, fault.Message}
}
