package s3

import (
	"errors"
	"net/http"
	"strings"

	"tocsin/core/policy"
)

// maxPolicy is the longest bucket policy, in bytes.
const maxPolicy = 20 << 10

func (s *Service) getPolicy(c *call) (*answer, error) {
	if c.b.Policy == "" {
		return nil, fault("NoSuchBucketPolicy").with("BucketName", c.bucket)
	}
	return &answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(c.b.Policy)}, nil
}

func (s *Service) putPolicy(c *call) (*answer, error) {
	text, err := s.smallBody(c)
	if err != nil {
		return nil, err
	}
	if len(text) > maxPolicy {
		return nil, faultf("MalformedPolicy", "Policy is too large")
	}
	p, err := s.checkPolicy(c.bucket, string(text))
	if err != nil {
		return nil, err
	}
	c.input = &node{name: "bucketPolicy", text: string(text)}
	err = s.change(c, func(b *Bucket) error {
		if b.blocks("BlockPublicPolicy") && isPublic(p) {
			return faultf("AccessDenied", c.refusal("s3:PutBucketPolicy", s.arn(c.bucket))+" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")
		}
		b.Policy = string(text)
		return nil
	})
	return empty(http.StatusNoContent), err
}

// refusal is how AWS begins to say that somebody may not do something.
func (c *call) refusal(action, resource string) string {
	return "User: " + c.caller.Principal.Name() + " is not authorized to perform: " + action + " on resource: \"" + resource + "\""
}

// checkPolicy reads a policy and refuses what speaks of another bucket.
func (s *Service) checkPolicy(bucket, text string) (policy.Policy, error) {
	p, err := policy.Parse(text, policy.Bucket)
	if refused := (*policy.Error)(nil); errors.As(err, &refused) {
		return p, faultf("MalformedPolicy", refused.Message)
	}
	if err != nil {
		return p, err
	}
	arn := s.arn(bucket)
	for _, st := range p.Statements {
		for _, r := range append(append([]string{}, st.Resources...), st.NotResources...) {
			if r != "*" && r != arn && !strings.HasPrefix(r, arn+"/") && !strings.HasPrefix(r, arn+"*") && !like(r, arn) {
				return p, faultf("MalformedPolicy", "Policy has invalid resource")
			}
		}
	}
	return p, nil
}

// like tells whether a pattern of a resource may mean the bucket or what is in it.
func like(pattern, arn string) bool {
	at := strings.IndexAny(pattern, "*?$")
	return at >= 0 && strings.HasPrefix(arn+"/", pattern[:min(at, len(arn)+1)])
}

func (s *Service) deletePolicy(c *call) (*answer, error) {
	err := s.change(c, func(b *Bucket) error {
		b.Policy = ""
		return nil
	})
	return empty(http.StatusNoContent), err
}

func (s *Service) getPolicyStatus(c *call) (*answer, error) {
	if c.b.Policy == "" {
		return nil, fault("NoSuchBucketPolicy").with("BucketName", c.bucket)
	}
	n := el("PolicyStatus", el("IsPublic", c.b.public()))
	return &answer{status: http.StatusOK, body: n.document(namespace)}, nil
}

// public tells whether the bucket's policy is public.
func (b Bucket) public() bool {
	if b.Policy == "" {
		return false
	}
	p, err := policy.Parse(b.Policy, policy.Any)
	return err != nil || isPublic(p)
}
