package s3

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/state"
)

// needs is what the caller must be allowed to do.
func (c *call) needs() []service.Need {
	var needs []service.Need
	if !c.op.own {
		action := c.op.action
		if c.op.versioned != "" && c.r.URL.Query().Get("versionId") != "" {
			action = c.op.versioned
		}
		needs = append(needs, service.Need{Action: action})
	}
	if c.op.needs != nil {
		needs = append(needs, c.op.needs(c)...)
	}
	return needs
}

// permit asks whether the caller may do what is needed with what the request is
// about, where a need does not name another resource.
func (s *Service) permit(c *call, needs []service.Need) error {
	if s.o.Permit == nil || len(needs) == 0 {
		return nil
	}
	about := s.conditions(c)
	if c.op.level == onObject && c.b.Owner != "" && tagged[c.op.name] {
		m, err := s.existing(c.ctx, c.bucket, c.key, c.r.URL.Query().Get("versionId"))
		if err != nil {
			return err
		}
		m.tellTags(about)
	}
	for i := range needs {
		n := &needs[i]
		if n.Resource == "" {
			n.Resource = "*"
			if c.op.level != onService {
				n.Resource = s.arn(c.bucket)
			}
			if c.op.level == onObject {
				n.Resource += "/" + c.key
			}
		}
		if n.Owner == "" && c.b.Owner != "" {
			if err := s.underPolicy(c, n, c.b, c.key, c.r.URL.Query().Get("versionId")); err != nil {
				return err
			}
		}
		if n.Context == nil {
			n.Context = about
		}
	}
	err := s.o.Permit(c.ctx, needs)
	if err != nil && c.b.Owner != "" && c.b.Owner != c.account() {
		// Only callers of the bucket's own account are told why [S3 User Guide,
		// "Troubleshoot access denied (403 Forbidden) errors"].
		if f := s.fault(c, err); f.Code == "AccessDenied" {
			return fault("AccessDenied")
		}
	}
	return err
}

// underPolicy puts a bucket's policy under a need, with the grants of the ACLs as
// statements of it: the bucket's, and those of a version of key unless that is "".
func (s *Service) underPolicy(c *call, n *service.Need, b Bucket, key, version string) error {
	n.Owner, n.Kind, n.PolicyName = b.Owner, policy.Bucket, "bucket policy of "+b.Name
	if b.Owner == c.account() && c.caller.Principal.Type == policy.Root &&
		oneOf("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")(n.Action) {
		return nil // the root of the owner can always undo a policy that keeps everybody out
	}
	text := b.Policy
	if text != "" && b.blocks("RestrictPublicBuckets") && b.public() && c.account() != b.Owner && c.caller.Principal.Type != policy.ServicePrincipal {
		text = ""
	}
	var statements []any
	if b.ownership() != enforced {
		for _, g := range b.visible(b.Grants) {
			statements = append(statements, g.statement(s.arn(b.Name), true))
		}
		if key != "" {
			m, err := s.existing(c.ctx, b.Name, key, version)
			if err != nil {
				return err
			}
			for _, g := range b.visible(m.Grants) {
				statements = append(statements, g.statement(s.arn(b.Name+"/"+key), false))
			}
		}
	}
	statements = slices.DeleteFunc(statements, func(st any) bool { return st == nil })
	if len(statements) > 0 {
		var err error
		if text, err = withStatements(text, statements); err != nil {
			return err
		}
	}
	if text != "" {
		n.Policy = &text
	}
	return nil
}

// visible are the grants that count.
func (b Bucket) visible(grants []grant) []grant {
	if !b.blocks("IgnorePublicAcls") {
		return grants
	}
	return slices.DeleteFunc(slices.Clone(grants), func(g grant) bool { return publicGrants([]grant{g}) })
}

// withStatements adds statements to a policy document.
func withStatements(text string, more []any) (string, error) {
	document := map[string]any{"Version": "2012-10-17"}
	if text != "" {
		document = map[string]any{}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&document); err != nil {
			return "", err
		}
	}
	switch st := document["Statement"].(type) {
	case nil:
	case []any:
		more = append(slices.Clone(st), more...)
	default:
		more = append([]any{st}, more...)
	}
	document["Statement"] = more
	out, err := json.Marshal(document)
	return string(out), err
}

// tagged are the operations whose condition keys tell the tags that an object has
// [Service Authorization Reference, "Actions defined by Amazon S3"].
var tagged = map[string]bool{
	"GetObject": true, "HeadObject": true, "GetObjectAttributes": true, "GetObjectAcl": true, "PutObjectAcl": true,
	"GetObjectTagging": true, "PutObjectTagging": true, "DeleteObjectTagging": true,
}

// existing is what is kept of an object that may be there; nothing of one that is not.
func (s *Service) existing(ctx context.Context, bucket, key, version string) (meta, error) {
	o, err := view(s, ctx, func(tx *state.Tx) (state.Object, error) { return tx.Object(ctx, bucket, key, version) })
	if errors.Is(err, state.ErrNotFound) {
		return meta{}, nil
	}
	if err != nil {
		return meta{}, err
	}
	return metaOf(o)
}

// headerKeys are headers that are condition keys under their own name [Service
// Authorization Reference, "Condition keys for Amazon S3"].
var headerKeys = []string{
	"x-amz-acl", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp",
	"x-amz-grant-write", "x-amz-grant-write-acp", "x-amz-metadata-directive", "x-amz-object-ownership", "x-amz-server-side-encryption",
	"x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class",
	"x-amz-website-redirect-location",
}

// conditions are the keys that a request has.
func (s *Service) conditions(c *call) policy.Context {
	k := policy.Context{}
	h, query := c.r.Header, c.r.URL.Query()
	for _, name := range headerKeys {
		if v := h.Get(name); v != "" {
			k["s3:"+name] = []string{v}
		}
	}
	for name, key := range map[string]string{"If-None-Match": "s3:if-none-match", "If-Match": "s3:if-match", "Referer": "aws:referer"} {
		if v := h.Get(name); v != "" {
			k[key] = []string{v}
		}
	}
	if c.op.level == onBucket {
		for name, key := range map[string]string{"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys"} {
			if query.Has(name) {
				k[key] = []string{query.Get(name)}
			}
		}
	}
	if v := query.Get("versionId"); v != "" {
		k["s3:VersionId"] = []string{v}
	}
	switch {
	case query.Has("X-Amz-Signature"):
		k["s3:authType"], k["s3:signatureversion"] = []string{"REST-QUERY-STRING"}, []string{"AWS4-HMAC-SHA256"}
		k["s3:signatureAge"] = []string{strconv.FormatInt(c.caller.SignatureAge.Milliseconds(), 10)}
	case h.Get("Authorization") != "":
		k["s3:authType"], k["s3:signatureversion"] = []string{"REST-HEADER"}, []string{"AWS4-HMAC-SHA256"}
	}
	if c.r.TLS != nil {
		k["s3:TlsVersion"] = []string{strings.TrimPrefix(tls.VersionName(c.r.TLS.Version), "TLS ")}
	}
	if c.b.Owner != "" {
		k["s3:ResourceAccount"], k["aws:ResourceAccount"] = []string{c.b.Owner}, []string{c.b.Owner}
	}
	for key, value := range s.requestedTags(c) {
		k["s3:RequestObjectTag/"+key] = []string{value}
		k["s3:RequestObjectTagKeys"] = append(k["s3:RequestObjectTagKeys"], key)
	}
	if c.op.name == "CreateBucket" {
		if n, err := s.document(c); err == nil && n.value("LocationConstraint") != "" {
			k["s3:locationconstraint"] = []string{n.value("LocationConstraint")}
		}
	}
	return k
}

// requestedTags are the tags that an object is to have by a header, or by the body
// of a request for nothing else. What is wrong with them the operation says.
func (s *Service) requestedTags(c *call) map[string]string {
	tags := map[string]string(nil)
	if c.op.name == "PutObjectTagging" {
		if n, err := s.document(c); err == nil {
			tags, _ = tagsOf(n.child("TagSet"), maxObjectTags)
		}
		return tags
	}
	tags, _ = tagsOfHeader(c.r.Header.Get("X-Amz-Tagging"))
	return tags
}

// tellTags adds the tags that an object has to condition keys.
func (m meta) tellTags(keys policy.Context) {
	for key, value := range m.Tags {
		keys["s3:ExistingObjectTag/"+key] = []string{value}
	}
}

// count reads a number of the query; what is above most is most.
func count(query map[string][]string, name string, least, most, standard int) (int, error) {
	values := query[name]
	if len(values) == 0 || values[0] == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(values[0])
	if err != nil || n < least {
		message := "Provided " + name + " not an integer or within integer range"
		if err == nil {
			message = "Argument " + name + " must be an integer between " + strconv.Itoa(least) + " and 2147483647"
		}
		return 0, faultf("InvalidArgument", message).with("ArgumentName", name, "ArgumentValue", values[0])
	}
	return min(n, most), nil
}
