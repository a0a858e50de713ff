package s3

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"tocsin/internal/crash"
	"tocsin/service"
	"tocsin/store/state"
)

// A written object is what a write made.
type written struct {
	stored
	bucket Bucket
}

// A draft is an object that is to be written.
type draft struct {
	bucket, key string
	kept        kept // its bytes; empty for one in parts
	size        int64
	etag        string
	meta        meta
	match, none string // If-Match and If-None-Match
	// also runs in the same transaction, before the object is written.
	also func(*state.Tx) error
}

// write makes an object of bytes that are in the blob store.
func (s *Service) write(ctx context.Context, d draft) (w written, err error) {
	crash.Point("s3: object kept")
	err = s.update(ctx, func(tx *state.Tx) error {
		b, err := s.lock(ctx, tx, d.bucket)
		if err != nil {
			return err
		}
		if err := d.checkConditions(ctx, tx); err != nil {
			return err
		}
		if d.also != nil {
			if err := d.also(tx); err != nil {
				return err
			}
		}
		now := s.o.Now()
		if err := d.kept.check(now); err != nil {
			return err
		}
		o, replaced, err := tx.PutObject(ctx, state.Object{
			Bucket: d.bucket, Key: d.key, Version: b.newVersion(), Modified: now, Size: d.size,
			ETag: d.etag, Blob: d.kept.key, Extra: d.meta.text(),
		})
		if err != nil {
			return err
		}
		w = written{stored{o, d.meta}, b}
		return s.dropParts(ctx, tx, replaced)
	})
	crash.Point("s3: object written")
	return w, err
}

// dropParts lets go the parts of an object that is no more.
func (s *Service) dropParts(ctx context.Context, tx *state.Tx, o *state.Object) error {
	if o == nil {
		return nil
	}
	m, err := metaOf(*o)
	if err != nil || m.Parts == "" {
		return err
	}
	return tx.DropObjects(ctx, m.Parts, s.o.Now())
}

// checkConditions looks at If-Match and If-None-Match under the lock.
func (d draft) checkConditions(ctx context.Context, tx *state.Tx) error {
	if d.match == "" && d.none == "" {
		return nil
	}
	if d.none != "" && (d.none != "*" || d.match != "") {
		return faultf("NotImplemented", "A header you provided implies functionality that is not implemented").with("Header", "If-None-Match")
	}
	o, err := tx.Object(ctx, d.bucket, d.key, "")
	there, err := state.Exists(err)
	if err != nil {
		return err
	}
	there = there && !o.Marker
	switch {
	case d.none != "" && there:
		return fault("PreconditionFailed").with("Condition", "If-None-Match")
	case d.match != "" && !there:
		return fault("NoSuchKey").with("Key", d.key)
	case d.match != "" && !sameTag(d.match, o.ETag):
		return fault("PreconditionFailed").with("Condition", "If-Match")
	}
	return nil
}

// sameTag compares what a header names with an ETag.
func sameTag(header, etag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.Trim(strings.TrimPrefix(strings.TrimSpace(one), "W/"), `"`)
		if one == "*" || one == etag {
			return true
		}
	}
	return false
}

// newVersion is the id of a new version.
func (b Bucket) newVersion() string {
	if b.versioning() != "Enabled" {
		return nullVersion
	}
	var raw [20]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return versionIDs.EncodeToString(raw[:])
}

var versionIDs = base32.NewEncoding("abcdefghijklmnopqrstuvwxyzABCDEF").WithPadding(base32.NoPadding)

func validVersion(id string) bool {
	if id == nullVersion {
		return true
	}
	raw, err := versionIDs.DecodeString(id)
	return err == nil && len(raw) == 20
}

func (s *Service) putObject(c *call) (*answer, error) {
	m, err := s.metaOfHeaders(c, c.b)
	if err != nil {
		return nil, err
	}
	b, err := s.receive(c, "CRC64NVME")
	if err != nil {
		return nil, err
	}
	defer b.Close()
	m.Checksum = b.checksum
	k, err := s.keep(c.ctx, b.content)
	if err != nil {
		return nil, err
	}
	w, err := s.write(c.ctx, draft{
		bucket: c.bucket, key: c.key, kept: k, size: b.size, etag: b.md5, meta: m,
		match: c.r.Header.Get("If-Match"), none: c.r.Header.Get("If-None-Match"),
	})
	if err != nil {
		if !errors.Is(err, state.ErrUnknown) {
			s.discard(k)
		}
		return nil, err
	}
	return c.madeAnswer(w), nil
}

// madeAnswer tells of a new object.
func (c *call) madeAnswer(w written) *answer {
	a := empty(http.StatusOK)
	a.header.Set("Etag", `"`+w.ETag+`"`)
	w.tellEncryption(a.header)
	if w.bucket.versioning() != "" {
		a.header.Set("X-Amz-Version-Id", w.Version)
	}
	w.tellChecksum(a.header)
	c.output = c.outputOf(a.header)
	return a
}

func (m meta) tellEncryption(h http.Header) {
	if m.SSE != "" {
		h.Set("X-Amz-Server-Side-Encryption", m.SSE)
	}
	if m.KMSKey != "" {
		h.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", m.KMSKey)
	}
}

func (m meta) tellChecksum(h http.Header) {
	if m.Checksum != nil {
		h.Set(header(m.Checksum.Algorithm), m.Checksum.Value)
		h.Set("X-Amz-Checksum-Type", m.Checksum.Type)
	}
}

// A source is an object that another is made of.
type source struct {
	stored
	bucket Bucket
}

// copySource reads x-amz-copy-source and what it names, and asks whether the
// caller may read it.
func (s *Service) copySource(c *call) (source, error) {
	text := c.r.Header.Get("X-Amz-Copy-Source")
	path, query, _ := strings.Cut(text, "?")
	path, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	bucket, key, ok := strings.Cut(path, "/")
	if err != nil || !ok || bucket == "" || key == "" {
		return source{}, faultf("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey").with("ArgumentName", "x-amz-copy-source", "ArgumentValue", text)
	}
	version := ""
	if query != "" {
		id, ok := strings.CutPrefix(query, "versionId=")
		if !ok || id == "" {
			return source{}, faultf("InvalidArgument", "Version id cannot be the empty string").with("ArgumentName", "x-amz-copy-source", "ArgumentValue", text)
		}
		version = id
	}
	from, err := s.bucket(c.ctx, bucket)
	if err != nil {
		return source{}, err
	}
	if owner := c.r.Header.Get("X-Amz-Source-Expected-Bucket-Owner"); owner != "" && owner != from.Owner {
		return source{}, fault("AccessDenied")
	}
	read := "s3:GetObject"
	if version != "" {
		read = "s3:GetObjectVersion"
	}
	if err := s.permitSource(c, from, read, key, version); err != nil {
		return source{}, err
	}
	o, err := s.objectOf(c.ctx, bucket, key, version)
	if f := (*Fault)(nil); errors.As(err, &f) && f.Code == "MethodNotAllowed" {
		err = faultf("InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	if err != nil {
		return source{}, err
	}
	h := c.r.Header
	if !conditions(h.Get("X-Amz-Copy-Source-If-Match"), h.Get("X-Amz-Copy-Source-If-None-Match"),
		h.Get("X-Amz-Copy-Source-If-Modified-Since"), h.Get("X-Amz-Copy-Source-If-Unmodified-Since"), o).met {
		return source{}, fault("PreconditionFailed").with("Condition", "x-amz-copy-source-If-*")
	}
	return source{o, from}, nil
}

// permitSource asks whether the caller may do something with the source of a copy.
func (s *Service) permitSource(c *call, from Bucket, action, key, version string) error {
	need := service.Need{Action: action, Resource: s.arn(from.Name + "/" + key), Context: s.conditions(c)}
	delete(need.Context, "s3:VersionId") // which would be of what is written
	if version != "" {
		need.Context["s3:VersionId"] = []string{version}
	}
	need.Context["s3:ResourceAccount"], need.Context["aws:ResourceAccount"] = []string{from.Owner}, []string{from.Owner}
	m, err := s.existing(c.ctx, from.Name, key, version)
	if err != nil {
		return err
	}
	m.tellTags(need.Context)
	if err := s.underPolicy(c, &need, from, key, version); err != nil {
		return err
	}
	return s.permit(c, []service.Need{need})
}

// permitTags asks whether the caller may take the tags of a copy's source with it
// [S3 User Guide, "Copying objects": permissions].
func (s *Service) permitTags(c *call, from source) error {
	if len(from.Tags) == 0 {
		return nil
	}
	action, version := "s3:GetObjectTagging", ""
	if strings.Contains(c.r.Header.Get("X-Amz-Copy-Source"), "?") {
		action, version = "s3:GetObjectVersionTagging", from.Version
	}
	if err := s.permitSource(c, from.bucket, action, from.Key, version); err != nil {
		return err
	}
	return s.permit(c, []service.Need{{Action: "s3:PutObjectTagging"}})
}

func (s *Service) copyObject(c *call) (*answer, error) {
	from, err := s.copySource(c)
	if err != nil {
		return nil, err
	}
	h := c.r.Header
	m, err := s.metaOfHeaders(c, c.b)
	if err != nil {
		return nil, err
	}
	directive := h.Get("X-Amz-Metadata-Directive")
	switch directive {
	case "", "COPY":
		m.Headers, m.User = from.Headers, from.User
	case "REPLACE":
	default:
		return nil, faultf("InvalidArgument", "Unknown metadata directive.").with("ArgumentName", "x-amz-metadata-directive", "ArgumentValue", directive)
	}
	switch h.Get("X-Amz-Tagging-Directive") {
	case "", "COPY":
		if err := s.permitTags(c, from); err != nil {
			return nil, err
		}
		m.Tags = from.Tags
	case "REPLACE":
	default:
		return nil, faultf("InvalidArgument", "Unknown tagging directive.").with("ArgumentName", "x-amz-tagging-directive", "ArgumentValue", h.Get("X-Amz-Tagging-Directive"))
	}
	changes := directive == "REPLACE" || h.Get("X-Amz-Storage-Class") != "" || h.Get("X-Amz-Server-Side-Encryption") != "" ||
		h.Get("X-Amz-Website-Redirect-Location") != "" || h.Get("X-Amz-Tagging-Directive") == "REPLACE"
	if from.Bucket == c.bucket && from.Key == c.key && from.Latest && !changes {
		return nil, faultf("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	if from.Size > maxObject {
		return nil, faultf("InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	algorithm := "CRC64NVME"
	if from.Checksum != nil {
		algorithm = from.Checksum.Algorithm
	}
	if a := strings.ToUpper(h.Get("X-Amz-Checksum-Algorithm")); a != "" {
		algorithm = a
	}
	b, err := s.reread(c.ctx, from.stored, 0, from.Size, algorithm)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	m.Checksum = b.checksum
	k, err := s.keep(c.ctx, b.content)
	if err != nil {
		return nil, err
	}
	w, err := s.write(c.ctx, draft{
		bucket: c.bucket, key: c.key, kept: k, size: b.size, etag: b.md5, meta: m,
		match: h.Get("If-Match"), none: h.Get("If-None-Match"),
	})
	if err != nil {
		if !errors.Is(err, state.ErrUnknown) {
			s.discard(k)
		}
		return nil, err
	}
	a := c.madeAnswer(w)
	if from.Version != nullVersion || from.bucket.versioning() != "" {
		a.header.Set("X-Amz-Copy-Source-Version-Id", from.Version)
	}
	result := el("CopyObjectResult", el("LastModified", w.Modified), el("ETag", `"`+w.ETag+`"`))
	result.add(checksumElements(w.Checksum)...)
	a.body = result.document(namespace)
	return a, nil
}

// checksumElements are a checksum as answers in XML have it.
func checksumElements(sum *checksum) []*node {
	if sum == nil {
		return nil
	}
	return []*node{el("Checksum"+sum.Algorithm, sum.Value), el("ChecksumType", sum.Type)}
}

// reread holds a stretch of an object as if it had been received.
func (s *Service) reread(ctx context.Context, o stored, from, size int64, algorithm string) (*received, error) {
	in, err := s.open(ctx, o, from, size)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r := &http.Request{Body: in, ContentLength: size, Header: http.Header{}}
	return s.receive(&call{ctx: ctx, r: r}, algorithm)
}
