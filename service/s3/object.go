package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"tocsin/service"
	"tocsin/store/state"
)

// A meta is what is kept of an object besides its row's columns.
type meta struct {
	Headers  map[string]string `json:"headers,omitempty"` // Content-Type and the like, given back as they came
	User     map[string]string `json:"user,omitempty"`    // x-amz-meta-*, in lower case
	Class    string            `json:"class,omitempty"`   // "" is STANDARD
	SSE      string            `json:"sse,omitempty"`
	KMSKey   string            `json:"kmsKey,omitempty"`
	Owner    string            `json:"owner,omitempty"` // an account
	Grants   []grant           `json:"grants,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Checksum *checksum         `json:"checksum,omitempty"`
	// Parts is the bucket of the rows that hold the bytes, for an object that was
	// uploaded in parts.
	Parts  string `json:"parts,omitempty"`
	PartsN int    `json:"partsN,omitempty"`
}

// A stored object is a row with what else is kept.
type stored struct {
	state.Object
	meta
}

func metaOf(o state.Object) (m meta, err error) {
	if o.Extra == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(o.Extra), &m); err != nil {
		return m, fmt.Errorf("object %s/%s: %w", o.Bucket, o.Key, err)
	}
	return m, nil
}

func (m meta) text() string {
	out, err := json.Marshal(m)
	if err != nil {
		panic(err) // it holds nothing that JSON cannot
	}
	return string(out)
}

const nullVersion = "null"

var objectOperations = []operation{
	{method: http.MethodGet, level: onObject, name: "GetObject", action: "s3:GetObject", versioned: "s3:GetObjectVersion", readOnly: true, data: true, run: (*Service).getObject},
	{method: http.MethodHead, level: onObject, name: "HeadObject", action: "s3:GetObject", versioned: "s3:GetObjectVersion", readOnly: true, data: true, run: (*Service).getObject},
	{method: http.MethodPut, level: onObject, name: "PutObject", action: "s3:PutObject", needs: needsOfPut, data: true, run: (*Service).putObject},
	{method: http.MethodPut, query: copying, level: onObject, name: "CopyObject", action: "s3:PutObject", needs: needsOfPut, data: true, run: (*Service).copyObject},
	{method: http.MethodDelete, level: onObject, name: "DeleteObject", action: "s3:DeleteObject", versioned: "s3:DeleteObjectVersion", data: true, run: (*Service).deleteObject},
	{
		method: http.MethodGet, query: "attributes", level: onObject, name: "GetObjectAttributes", action: "s3:GetObject", versioned: "s3:GetObjectVersion", readOnly: true, data: true,
		needs: needsOfAttributes, run: (*Service).getAttributes,
	},

	{method: http.MethodGet, query: "acl", level: onObject, name: "GetObjectAcl", action: "s3:GetObjectAcl", versioned: "s3:GetObjectVersionAcl", readOnly: true, data: true, run: (*Service).getObjectACL},
	{method: http.MethodPut, query: "acl", level: onObject, name: "PutObjectAcl", action: "s3:PutObjectAcl", versioned: "s3:PutObjectVersionAcl", data: true, run: (*Service).putObjectACL},

	{method: http.MethodGet, query: "tagging", level: onObject, name: "GetObjectTagging", action: "s3:GetObjectTagging", versioned: "s3:GetObjectVersionTagging", readOnly: true, data: true, run: (*Service).getObjectTags},
	{method: http.MethodPut, query: "tagging", level: onObject, name: "PutObjectTagging", action: "s3:PutObjectTagging", versioned: "s3:PutObjectVersionTagging", data: true, run: (*Service).putObjectTags},
	{method: http.MethodDelete, query: "tagging", level: onObject, name: "DeleteObjectTagging", action: "s3:DeleteObjectTagging", versioned: "s3:DeleteObjectVersionTagging", data: true, run: (*Service).deleteObjectTags},

	{method: http.MethodGet, query: "retention", level: onObject, name: "GetObjectRetention", action: "s3:GetObjectRetention", readOnly: true, data: true, run: noObjectLock},
	{method: http.MethodGet, query: "legal-hold", level: onObject, name: "GetObjectLegalHold", action: "s3:GetObjectLegalHold", readOnly: true, data: true, run: noObjectLock},
}

// noObjectLock is the answer of a bucket without Object Lock.
func noObjectLock(*Service, *call) (*answer, error) {
	return nil, faultf("InvalidRequest", "Bucket is missing Object Lock Configuration")
}

func needsOfPut(c *call) []service.Need {
	var more []service.Need
	if acl := c.r.Header.Get("X-Amz-Acl"); hasGrantHeaders(c.r.Header) || acl != "" && acl != "private" && acl != "bucket-owner-full-control" {
		more = append(more, service.Need{Action: "s3:PutObjectAcl"})
	}
	if c.r.Header.Get("X-Amz-Tagging") != "" {
		more = append(more, service.Need{Action: "s3:PutObjectTagging"})
	}
	return more
}

func needsOfAttributes(c *call) []service.Need {
	if c.r.URL.Query().Get("versionId") != "" {
		return []service.Need{{Action: "s3:GetObjectVersionAttributes"}}
	}
	return []service.Need{{Action: "s3:GetObjectAttributes"}}
}

// object reads the object that a request names. A delete marker, and what is not
// there, are S3's errors; who may not list the bucket is not told that a key is free.
func (s *Service) object(c *call) (stored, error) {
	o, err := s.objectOf(c.ctx, c.bucket, c.key, c.r.URL.Query().Get("versionId"))
	var f *Fault
	if errors.As(err, &f) && f.Code == "NoSuchKey" {
		list := []service.Need{{Action: "s3:ListBucket", Resource: s.arn(c.bucket)}}
		if s.permit(c, list) != nil {
			return o, fault("AccessDenied")
		}
	}
	return o, err
}

func (s *Service) objectOf(ctx context.Context, bucket, key, version string) (stored, error) {
	if version != "" && !validVersion(version) {
		return stored{}, faultf("InvalidArgument", "Invalid version id specified").with("ArgumentName", "versionId", "ArgumentValue", version)
	}
	o, err := view(s, ctx, func(tx *state.Tx) (state.Object, error) { return tx.Object(ctx, bucket, key, version) })
	switch {
	case errors.Is(err, state.ErrNotFound) && version != "":
		return stored{}, fault("NoSuchVersion").with("Key", key, "VersionId", version)
	case errors.Is(err, state.ErrNotFound):
		return stored{}, fault("NoSuchKey").with("Key", key)
	case err != nil:
		return stored{}, err
	case o.Marker:
		f := fault("NoSuchKey").with("Key", key)
		if version != "" {
			f = fault("MethodNotAllowed").with("Method", http.MethodGet, "ResourceType", "DeleteMarker")
			f.header = http.Header{"Allow": {"DELETE"}, "Last-Modified": {o.Modified.Format(http.TimeFormat)}}
		}
		if f.header == nil {
			f.header = http.Header{}
		}
		f.header.Set("X-Amz-Delete-Marker", "true")
		f.header.Set("X-Amz-Version-Id", o.Version)
		return stored{}, f
	}
	m, err := metaOf(o)
	return stored{o, m}, err
}

// tellVersion puts a version's id into an answer, where the bucket has versions.
func (c *call) tellVersion(a *answer, o state.Object) {
	if o.Version != nullVersion || c.b.versioning() != "" {
		a.header.Set("X-Amz-Version-Id", o.Version)
	}
}

// changeObject changes what is kept of the object that a request names.
func (s *Service) changeObject(c *call, status int, f func(*meta) error) (*answer, error) {
	o, err := s.object(c)
	if err != nil {
		return nil, err
	}
	err = s.update(c.ctx, func(tx *state.Tx) error {
		if _, err := s.lock(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		now, err := tx.Object(c.ctx, c.bucket, c.key, o.Version)
		if errors.Is(err, state.ErrNotFound) {
			return fault("NoSuchKey").with("Key", c.key)
		}
		if err != nil {
			return err
		}
		m, err := metaOf(now)
		if err != nil {
			return err
		}
		if err := f(&m); err != nil {
			return err
		}
		return tx.SetObjectExtra(c.ctx, now, m.text())
	})
	a := empty(status)
	c.tellVersion(a, o.Object)
	return a, err
}

func (s *Service) getObjectACL(c *call) (*answer, error) {
	o, err := s.object(c)
	if err != nil {
		return nil, err
	}
	grants, owned := o.Grants, o.Owner
	if c.b.ownership() == enforced {
		owned = c.b.Owner
		grants, _ = canned("private", owned, owned)
	}
	a := aclDocument(owned, grants)
	a.header = http.Header{}
	c.tellVersion(a, o.Object)
	return a, nil
}

func (s *Service) putObjectACL(c *call) (*answer, error) {
	o, err := s.object(c)
	if err != nil {
		return nil, err
	}
	owned := o.Owner
	if c.b.ownership() == enforced {
		owned = c.b.Owner
	}
	grants, err := s.wantedACL(c, owned)
	if err != nil {
		return nil, err
	}
	if err := c.b.checkACL(grants, owned); err != nil {
		return nil, err
	}
	return s.changeObject(c, http.StatusOK, func(m *meta) error { m.Grants = grants; return nil })
}

// keptHeaders are given back as they came.
var keptHeaders = []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires", "X-Amz-Website-Redirect-Location"}

var storageClasses = []string{
	"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
}

// maxUserMetadata is how many bytes x-amz-meta-* may have, names and values.
const maxUserMetadata = 2 << 10

// metaOfHeaders reads what a new object is to have.
func (s *Service) metaOfHeaders(c *call, b Bucket) (m meta, err error) {
	h := c.r.Header
	m.describe(h)
	size := 0
	for name, value := range m.User {
		size += len(name) + len(value)
	}
	if size > maxUserMetadata {
		return m, fault("MetadataTooLarge").with("Size", strconv.Itoa(size), "MaxSizeAllowed", strconv.Itoa(maxUserMetadata))
	}
	if m.Class = h.Get("X-Amz-Storage-Class"); m.Class != "" && !oneOf(storageClasses...)(m.Class) {
		return m, fault("InvalidStorageClass").with("StorageClassRequested", m.Class)
	}
	if m.SSE, m.KMSKey, err = encryptionOf(h, b); err != nil {
		return m, err
	}
	for _, name := range []string{"X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Legal-Hold", "X-Amz-Object-Lock-Retain-Until-Date"} {
		if h.Get(name) != "" {
			return m, faultf("InvalidRequest", "Bucket is missing Object Lock Configuration")
		}
	}
	if m.Tags, err = tagsOfHeader(h.Get("X-Amz-Tagging")); err != nil {
		return m, err
	}
	m.Owner = b.Owner
	ownership := b.ownership()
	acl := h.Get("X-Amz-Acl")
	if ownership == "ObjectWriter" || ownership == "BucketOwnerPreferred" && acl != "bucket-owner-full-control" {
		if c.account() != "" {
			m.Owner = c.account()
		}
	}
	if ownership == enforced && acl == "bucket-owner-full-control" && !hasGrantHeaders(h) {
		m.Grants, _ = canned("private", b.Owner, b.Owner)
		return m, nil
	}
	grants, given, err := s.grantsOfHeaders(h, m.Owner, b.Owner)
	if err != nil {
		return m, err
	}
	if given {
		if err := b.checkACL(grants, m.Owner); err != nil {
			return m, err
		}
	}
	m.Grants = grants
	return m, nil
}

// describe takes over the headers that are given back, and the user's own.
func (m *meta) describe(h http.Header) {
	m.Headers, m.User = map[string]string{}, map[string]string{}
	for _, name := range keptHeaders {
		if v := h.Get(name); v != "" {
			m.Headers[name] = v
		}
	}
	if text := m.Headers["Content-Encoding"]; text != "" {
		if text = withoutChunked(text); text == "" {
			delete(m.Headers, "Content-Encoding")
		} else {
			m.Headers["Content-Encoding"] = text
		}
	}
	if m.Headers["Content-Type"] == "" {
		m.Headers["Content-Type"] = "binary/octet-stream"
	}
	for name, values := range h {
		if rest, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok {
			m.User[rest] = strings.Join(values, ",")
		}
	}
}

// withoutChunked takes away the encoding that belongs to the request and not to
// the object.
func withoutChunked(encoding string) string {
	var rest []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "aws-chunked" && part != "" {
			rest = append(rest, part)
		}
	}
	return strings.Join(rest, ",")
}

// encryptionOf is how an object is said to be encrypted: kept as a setting; the
// bytes are as safe as the blob store is.
func encryptionOf(h http.Header, b Bucket) (sse, key string, err error) {
	if h.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") != "" {
		return "", "", notBuilt(true, "Keys for encryption that customers provide")
	}
	sse, key = h.Get("X-Amz-Server-Side-Encryption"), h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	if sse == "" && key == "" {
		by := b.setting("encryption").child("Rule").child("ApplyServerSideEncryptionByDefault")
		sse, key = by.value("SSEAlgorithm"), by.value("KMSMasterKeyID")
		if sse == "" {
			sse = "AES256"
		}
	}
	switch {
	case !oneOf("AES256", "aws:kms", "aws:kms:dsse")(sse):
		return "", "", fault("InvalidEncryptionAlgorithmError").with("ServerSideEncryption", sse)
	case sse == "AES256" && key != "":
		return "", "", faultf("InvalidArgument", "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	}
	return sse, key, nil
}
