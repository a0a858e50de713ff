package s3

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tocsin/store/state"
)

// Limits of uploads in parts [S3 User Guide, "Amazon S3 multipart upload limits"].
const (
	maxParts = 10000
	minPart  = 5 << 20  // but for the last
	maxWhole = 50 << 40 // of all parts together
)

// An upload in parts is a resource of its bucket. Its parts are the objects of a
// bucket that no client can name, and stay there when the upload becomes an
// object: no bytes are copied.
type upload struct {
	Key       string `json:"key"` // base64: keys may be any bytes
	Meta      meta   `json:"meta"`
	Algorithm string `json:"algorithm,omitempty"`
	Type      string `json:"type,omitempty"`
}

var uploads = state.Kind[upload]("upload")

// partsBucket is where the parts of an upload are. Buckets' names have no slash.
func partsBucket(bucket, id string) string { return bucket + "/" + id }

func partKey(number int) string { return fmt.Sprintf("%05d", number) }

var uploadOperations = []operation{
	{method: http.MethodPost, query: "uploads", level: onObject, name: "CreateMultipartUpload", action: "s3:PutObject", needs: needsOfPut, data: true, run: (*Service).createUpload},
	{method: http.MethodPut, query: "uploadId", level: onObject, name: "UploadPart", action: "s3:PutObject", data: true, run: (*Service).uploadPart},
	{method: http.MethodPut, query: "uploadId" + copying, level: onObject, name: "UploadPartCopy", action: "s3:PutObject", data: true, run: (*Service).uploadPartCopy},
	{method: http.MethodPost, query: "uploadId", level: onObject, name: "CompleteMultipartUpload", action: "s3:PutObject", data: true, run: (*Service).completeUpload},
	{method: http.MethodDelete, query: "uploadId", level: onObject, name: "AbortMultipartUpload", action: "s3:AbortMultipartUpload", data: true, run: (*Service).abortUpload},
	{method: http.MethodGet, query: "uploadId", level: onObject, name: "ListParts", action: "s3:ListMultipartUploadParts", readOnly: true, data: true, run: (*Service).listParts},
	{method: http.MethodGet, query: "uploads", level: onBucket, name: "ListMultipartUploads", action: "s3:ListBucketMultipartUploads", readOnly: true, data: true, run: (*Service).listUploads},
}

func (s *Service) createUpload(c *call) (*answer, error) {
	m, err := s.metaOfHeaders(c, c.b)
	if err != nil {
		return nil, err
	}
	u := upload{Key: hex.EncodeToString([]byte(c.key)), Meta: m, Algorithm: strings.ToUpper(c.r.Header.Get("X-Amz-Checksum-Algorithm")), Type: strings.ToUpper(c.r.Header.Get("X-Amz-Checksum-Type"))}
	if u.Algorithm != "" && newHash(u.Algorithm) == nil {
		return nil, faultf("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: ["+strings.Join(algorithms, ", ")+"]")
	}
	if u.Type == "" && u.Algorithm != "" {
		if u.Type = composite; u.Algorithm == "CRC64NVME" {
			u.Type = fullObject
		}
	}
	switch {
	case u.Type == "":
	case u.Algorithm == "":
		return nil, faultf("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case u.Type == fullObject && !strings.HasPrefix(u.Algorithm, "CRC"), u.Type == composite && u.Algorithm == "CRC64NVME":
		return nil, faultf("InvalidRequest", "The "+u.Type+" checksum type cannot be used with the "+strings.ToLower(u.Algorithm)+" checksum algorithm.")
	case u.Type != fullObject && u.Type != composite:
		return nil, faultf("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
	}
	id := rand.Text() + rand.Text()
	err = s.update(c.ctx, func(tx *state.Tx) error {
		if _, err := s.lock(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		_, err := uploads.Put(c.ctx, tx, state.Resource[upload]{Scope: s.scope(), Name: id, Parent: c.bucket, Value: u, Created: s.o.Now()})
		return err
	})
	if err != nil {
		return nil, err
	}
	a := &answer{status: http.StatusOK, header: http.Header{}, body: el("InitiateMultipartUploadResult", el("Bucket", c.bucket), el("Key", c.key), el("UploadId", id)).document(namespace)}
	m.tellEncryption(a.header)
	if u.Algorithm != "" {
		a.header.Set("X-Amz-Checksum-Algorithm", u.Algorithm)
		a.header.Set("X-Amz-Checksum-Type", u.Type)
	}
	return a, nil
}

// upload is the one that a request names, which must be of its key.
func (s *Service) upload(ctx context.Context, tx *state.Tx, c *call) (state.Resource[upload], error) {
	id := c.r.URL.Query().Get("uploadId")
	u, err := uploads.Get(ctx, tx, s.scope(), id)
	if errors.Is(err, state.ErrNotFound) || err == nil && (u.Parent != c.bucket || u.Value.Key != hex.EncodeToString([]byte(c.key))) {
		return u, fault("NoSuchUpload").with("UploadId", id)
	}
	return u, err
}

func (s *Service) partNumber(c *call) (int, error) {
	text := c.r.URL.Query().Get("partNumber")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxParts {
		return 0, faultf("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive").with("ArgumentName", "partNumber", "ArgumentValue", text)
	}
	return n, nil
}

func (s *Service) uploadPart(c *call) (*answer, error) {
	u, number, err := s.wantedPart(c)
	if err != nil {
		return nil, err
	}
	b, err := s.receive(c, u.Value.Algorithm)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if u.Value.Algorithm != "" && b.checksum.Algorithm != u.Value.Algorithm {
		return nil, faultf("InvalidRequest", fmt.Sprintf("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s", strings.ToLower(u.Value.Algorithm), strings.ToLower(b.checksum.Algorithm)))
	}
	if err := s.putPart(c, u, number, b); err != nil {
		return nil, err
	}
	a := empty(http.StatusOK)
	a.header.Set("Etag", `"`+b.md5+`"`)
	u.Value.Meta.tellEncryption(a.header)
	if b.checksum != nil {
		a.header.Set(header(b.checksum.Algorithm), b.checksum.Value)
	}
	return a, nil
}

func (s *Service) wantedPart(c *call) (u state.Resource[upload], number int, err error) {
	if number, err = s.partNumber(c); err != nil {
		return u, 0, err
	}
	u, err = view(s, c.ctx, func(tx *state.Tx) (state.Resource[upload], error) { return s.upload(c.ctx, tx, c) })
	return u, number, err
}

// putPart makes a body a part.
func (s *Service) putPart(c *call, u state.Resource[upload], number int, b *received) error {
	k, err := s.keep(c.ctx, b.content)
	if err != nil {
		return err
	}
	err = s.update(c.ctx, func(tx *state.Tx) error {
		// Whoever completes or aborts the upload has the bucket locked.
		if _, err := s.lock(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		if _, err := s.upload(c.ctx, tx, c); err != nil {
			return err
		}
		now := s.o.Now()
		if err := k.check(now); err != nil {
			return err
		}
		_, _, err := tx.PutObject(c.ctx, state.Object{
			Bucket: partsBucket(c.bucket, u.Name), Key: partKey(number), Modified: now, Size: b.size,
			ETag: b.md5, Blob: k.key, Extra: meta{Checksum: b.checksum}.text(),
		})
		return err
	})
	if err != nil && !errors.Is(err, state.ErrUnknown) {
		s.discard(k)
	}
	return err
}

func (s *Service) uploadPartCopy(c *call) (*answer, error) {
	u, number, err := s.wantedPart(c)
	if err != nil {
		return nil, err
	}
	from, err := s.copySource(c)
	if err != nil {
		return nil, err
	}
	first, size := int64(0), from.Size
	if text := c.r.Header.Get("X-Amz-Copy-Source-Range"); text != "" {
		ok := false
		if first, size, ok = readRange(text, from.Size); !ok || size < 0 {
			return nil, faultf("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy").with("ArgumentName", "x-amz-copy-source-range", "ArgumentValue", text)
		}
	}
	if size > maxObject {
		return nil, tooLarge(size)
	}
	b, err := s.reread(c.ctx, from.stored, first, size, u.Value.Algorithm)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if err := s.putPart(c, u, number, b); err != nil {
		return nil, err
	}
	n := el("CopyPartResult", el("LastModified", s.o.Now()), el("ETag", `"`+b.md5+`"`))
	n.add(checksumElements(b.checksum)...)
	a := &answer{status: http.StatusOK, header: http.Header{}, body: n.document(namespace)}
	if from.Version != nullVersion || from.bucket.versioning() != "" {
		a.header.Set("X-Amz-Copy-Source-Version-Id", from.Version)
	}
	return a, nil
}

var completeForm = tree("CompleteMultipartUpload", form{"Part", 1, maxParts, nil, func() []form {
	parts := []form{leaf("PartNumber", number(1, maxParts)), leaf("ETag", someText)}
	for _, a := range algorithms {
		parts = append(parts, opt(leaf("Checksum"+a, anyText)))
	}
	return parts
}()})

// completeUpload makes an object of the parts that are named.
func (s *Service) completeUpload(c *call) (*answer, error) {
	n, err := s.document(c)
	if err != nil {
		return nil, err
	}
	if !completeForm.check(n) {
		return nil, fault("MalformedXML")
	}
	u, err := view(s, c.ctx, func(tx *state.Tx) (state.Resource[upload], error) { return s.upload(c.ctx, tx, c) })
	if err != nil {
		return nil, err
	}
	at := partsBucket(c.bucket, u.Name)
	there, err := s.parts(c.ctx, at)
	if err != nil {
		return nil, err
	}
	m := u.Value.Meta
	chosen, err := s.chosen(n, there)
	if err != nil {
		return nil, err
	}
	digest := md5.New() //nolint:gosec // S3's ETag
	var sums []string
	var sizes []int64
	var keep []string
	total := int64(0)
	for i, p := range chosen {
		if i < len(chosen)-1 && p.Size < minPart {
			return nil, fault("EntityTooSmall").with("ProposedSize", strconv.FormatInt(p.Size, 10), "MinSizeAllowed", strconv.Itoa(minPart), "PartNumber", strconv.Itoa(partOf(p)), "ETag", p.ETag)
		}
		raw, err := hex.DecodeString(p.ETag)
		if err != nil {
			return nil, err
		}
		digest.Write(raw) // a hash takes everything
		if p.Checksum != nil && p.Checksum.Algorithm == u.Value.Algorithm {
			sums = append(sums, p.Checksum.Value)
		}
		sizes, keep = append(sizes, p.Size), append(keep, p.Key)
		total += p.Size
	}
	if total > maxWhole {
		return nil, fault("EntityTooLarge")
	}
	if text := c.r.Header.Get("X-Amz-Mp-Object-Size"); text != "" && text != strconv.FormatInt(total, 10) {
		return nil, faultf("InvalidRequest", "The provided 'x-amz-mp-object-size' header value "+text+" does not match what was computed: "+strconv.FormatInt(total, 10))
	}
	if u.Value.Algorithm != "" && len(sums) == len(chosen) {
		value, ok := combine(u.Value.Algorithm, u.Value.Type, sums, sizes)
		if !ok {
			return nil, fmt.Errorf("checksums of upload %s cannot be put together", u.Name)
		}
		m.Checksum = &checksum{u.Value.Algorithm, value, u.Value.Type}
		if given := c.r.Header.Get(header(u.Value.Algorithm)); given != "" && given != value && given+"-"+strconv.Itoa(len(chosen)) != value {
			return nil, faultf("BadDigest", "The "+u.Value.Algorithm+" you specified did not match the calculated checksum.")
		}
	}
	m.Parts, m.PartsN = at, len(chosen)
	w, err := s.write(c.ctx, draft{
		bucket: c.bucket, key: c.key, size: total, etag: hex.EncodeToString(digest.Sum(nil)) + "-" + strconv.Itoa(len(chosen)), meta: m,
		match: c.r.Header.Get("If-Match"), none: c.r.Header.Get("If-None-Match"),
		also: func(tx *state.Tx) error {
			if _, err := s.upload(c.ctx, tx, c); err != nil {
				return err
			}
			// Parts may have been uploaded again since they were looked at.
			for _, p := range chosen {
				if now, err := tx.Object(c.ctx, at, p.Key, ""); err != nil || now.Blob != p.Blob {
					return cmp.Or(err, error(fault("InvalidPart")))
				}
			}
			if err := tx.DropObjects(c.ctx, at, s.o.Now(), keep...); err != nil {
				return err
			}
			return uploads.Delete(c.ctx, tx, s.scope(), u.Name)
		},
	})
	if err != nil {
		return nil, err
	}
	a := c.madeAnswer(w)
	delete(a.header, "Etag")
	result := el("CompleteMultipartUploadResult", el("Location", c.caller.Endpoint+"/"+c.bucket+"/"+encodeKey(c.key)),
		el("Bucket", c.bucket), el("Key", c.key), el("ETag", `"`+w.ETag+`"`))
	result.add(checksumElements(w.Checksum)...)
	a.body = result.document(namespace)
	return a, nil
}

// chosen are the parts that a client names, in ascending order.
func (s *Service) chosen(n *node, there []stored) ([]stored, error) {
	var out []stored
	before := 0
	for _, p := range n.all("Part") {
		number, err := strconv.Atoi(strings.TrimSpace(p.value("PartNumber")))
		if err != nil {
			return nil, fault("MalformedXML")
		}
		if number <= before {
			return nil, fault("InvalidPartOrder")
		}
		before = number
		at, ok := slices.BinarySearchFunc(there, partKey(number), func(o stored, key string) int { return strings.Compare(o.Key, key) })
		if !ok || !sameTag(p.value("ETag"), there[at].ETag) {
			return nil, fault("InvalidPart").with("PartNumber", strconv.Itoa(number), "ETag", strings.Trim(p.value("ETag"), `"`))
		}
		for _, a := range algorithms {
			if given := p.value("Checksum" + a); given != "" && there[at].Checksum != nil && there[at].Checksum.Algorithm == a && there[at].Checksum.Value != given {
				return nil, fault("InvalidPart").with("PartNumber", strconv.Itoa(number))
			}
		}
		out = append(out, there[at])
	}
	return out, nil
}

func partOf(o stored) int {
	n, err := strconv.Atoi(o.Key)
	if err != nil {
		return 0 // no part has such a key
	}
	return n
}

// parts are all parts, in order.
func (s *Service) parts(ctx context.Context, at string) ([]stored, error) {
	found, err := view(s, ctx, func(tx *state.Tx) ([]state.Listed, error) {
		found, _, err := tx.ListObjects(ctx, state.ObjectList{Bucket: at, Limit: maxParts})
		return found, err
	})
	out := make([]stored, len(found))
	for i, f := range found {
		m, metaErr := metaOf(f.Object)
		err = errors.Join(err, metaErr)
		out[i] = stored{f.Object, m}
	}
	return out, err
}

func (s *Service) abortUpload(c *call) (*answer, error) {
	err := s.update(c.ctx, func(tx *state.Tx) error {
		if _, err := s.lock(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		u, err := s.upload(c.ctx, tx, c)
		if err != nil {
			return err
		}
		return s.dropUpload(c.ctx, tx, u)
	})
	return empty(http.StatusNoContent), err
}

func (s *Service) dropUpload(ctx context.Context, tx *state.Tx, u state.Resource[upload]) error {
	if err := tx.DropObjects(ctx, partsBucket(u.Parent, u.Name), s.o.Now()); err != nil {
		return err
	}
	return uploads.Delete(ctx, tx, s.scope(), u.Name)
}

// dropUploads ends all uploads of a bucket that goes.
func (s *Service) dropUploads(ctx context.Context, tx *state.Tx, bucket string) error {
	found, err := uploads.Of(ctx, tx, bucket)
	for _, u := range found {
		err = errors.Join(err, s.dropUpload(ctx, tx, u))
	}
	return err
}

func (s *Service) listParts(c *call) (*answer, error) {
	query := c.r.URL.Query()
	limit, err := count(query, "max-parts", 0, maxKeys, maxKeys)
	if err != nil {
		return nil, err
	}
	after, err := count(query, "part-number-marker", 0, maxParts, 0)
	if err != nil {
		return nil, err
	}
	u, err := view(s, c.ctx, func(tx *state.Tx) (state.Resource[upload], error) { return s.upload(c.ctx, tx, c) })
	if err != nil {
		return nil, err
	}
	parts, err := s.parts(c.ctx, partsBucket(c.bucket, u.Name))
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(o stored) bool { return partOf(o) <= after })
	more := len(parts) > limit
	parts = parts[:min(len(parts), limit)]
	next := 0
	if len(parts) > 0 {
		next = partOf(parts[len(parts)-1])
	}
	initiator := el("Initiator", el("ID", c.caller.Principal.ARN))
	n := el("ListPartsResult", el("Bucket", c.bucket), el("Key", c.key), el("UploadId", u.Name), el("PartNumberMarker", after), el("NextPartNumberMarker", next),
		el("MaxParts", limit), el("IsTruncated", more), initiator, owner(u.Value.Meta.Owner), el("StorageClass", u.Value.Meta.class()),
		optional("ChecksumAlgorithm", u.Value.Algorithm), optional("ChecksumType", u.Value.Type))
	for _, p := range parts {
		n.add(partElement(p, el("LastModified", p.Modified), el("ETag", `"`+p.ETag+`"`)))
	}
	return &answer{status: http.StatusOK, body: n.document(namespace)}, nil
}

func partElement(p stored, more ...*node) *node {
	n := el("Part", el("PartNumber", partOf(p)), more, el("Size", p.Size))
	if p.Checksum != nil {
		n.add(el("Checksum"+p.Checksum.Algorithm, p.Checksum.Value))
	}
	return n
}
