package s3

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"tocsin/store/state"
)

// maxKeys is the longest page of a listing.
const maxKeys = 1000

// A token tells where a listing goes on. Clients give it back as it is.
type token struct {
	Key  string `json:"k"`
	Seq  int64  `json:"s,omitempty"`
	Part int    `json:"p,omitempty"`
}

// String is the token as clients see it. Keys may be any bytes, which JSON does
// not hold, and so are encoded before.
func (t token) String() string {
	t.Key = base64.StdEncoding.EncodeToString([]byte(t.Key))
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // it holds nothing that JSON cannot
	}
	return base64.URLEncoding.EncodeToString(text)
}

// readToken reads what String wrote; "" is the beginning.
func readToken(text string) (t token, err error) {
	if text == "" {
		return t, nil
	}
	bad := faultf("InvalidArgument", "The continuation token provided is incorrect").with("ArgumentName", "continuation-token")
	raw, err := base64.URLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &t) != nil {
		return token{}, bad
	}
	key, err := base64.StdEncoding.DecodeString(t.Key)
	if err != nil || t.Seq < 0 {
		return token{}, bad
	}
	t.Key = string(key)
	return t, nil
}

// A listing is what the kinds of listings have in common.
type listing struct {
	query  url.Values
	limit  int
	encode func(string) string
}

func (c *call) listing() (l listing, err error) {
	l.query = c.r.URL.Query()
	name := "max-keys"
	if c.op.query == "uploads" {
		name = "max-uploads"
	}
	if l.limit, err = count(l.query, name, 0, maxKeys, maxKeys); err != nil {
		return l, err
	}
	switch l.query.Get("encoding-type") {
	case "":
		l.encode = func(text string) string { return text }
	case "url":
		l.encode = encodeKey
	default:
		return l, faultf("InvalidArgument", "Invalid Encoding Method specified in Request").with("ArgumentName", "encoding-type", "ArgumentValue", l.query.Get("encoding-type"))
	}
	return l, nil
}

// encodeKey writes a key as S3 does for encoding-type=url: like a form, with
// slashes as they are.
func encodeKey(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "%2F", "/") }

// element is an optional text that is encoded when the client asked for it.
func (l listing) element(name, text string) *node { return optional(name, l.encode(text)) }

func (s *Service) list(c *call, q state.ObjectList) (found []state.Listed, more bool, err error) {
	if q.Limit == 0 {
		return nil, false, nil
	}
	err = s.o.State.View(c.ctx, func(tx *state.Tx) (err error) {
		found, more, err = tx.ListObjects(c.ctx, q)
		return err
	})
	return found, more, err
}

// listObjects is ListObjects and ListObjectsV2.
func (s *Service) listObjects(c *call) (*answer, error) {
	l, err := c.listing()
	if err != nil {
		return nil, err
	}
	v2 := l.query.Get("list-type") == "2"
	if l.query.Has("list-type") && !v2 {
		return nil, faultf("InvalidArgument", "Invalid list-type specified").with("ArgumentName", "list-type")
	}
	q := state.ObjectList{Bucket: c.bucket, Prefix: l.query.Get("prefix"), Delimiter: l.query.Get("delimiter"), Limit: l.limit}
	if v2 {
		if l.query.Has("continuation-token") && l.query.Get("continuation-token") == "" {
			return nil, faultf("InvalidArgument", "The continuation token provided is incorrect").with("ArgumentName", "continuation-token")
		}
		at, err := readToken(l.query.Get("continuation-token"))
		if err != nil {
			return nil, err
		}
		if q.After = at.Key; q.After == "" {
			q.After = l.query.Get("start-after")
		}
	} else {
		q.After = l.query.Get("marker")
	}
	found, more, err := s.list(c, q)
	if err != nil {
		return nil, err
	}
	n := el("ListBucketResult", el("Name", c.bucket), el("Prefix", l.encode(q.Prefix)))
	last := ""
	if len(found) > 0 {
		if last = found[len(found)-1].Prefix; last == "" {
			last = found[len(found)-1].Object.Key
		}
	}
	if v2 {
		n.add(l.element("StartAfter", l.query.Get("start-after")), optional("ContinuationToken", l.query.Get("continuation-token")), el("KeyCount", len(found)))
		if more {
			n.add(el("NextContinuationToken", token{Key: last}.String()))
		}
	} else {
		n.add(el("Marker", l.encode(q.After)))
		if more && q.Delimiter != "" {
			n.add(el("NextMarker", l.encode(last)))
		}
	}
	n.add(el("MaxKeys", l.limit), l.element("Delimiter", q.Delimiter), el("IsTruncated", more), optional("EncodingType", l.query.Get("encoding-type")))
	withOwner := !v2 || l.query.Get("fetch-owner") == "true"
	var prefixes []*node
	for _, f := range found {
		if f.Prefix != "" {
			prefixes = append(prefixes, el("CommonPrefixes", el("Prefix", l.encode(f.Prefix))))
			continue
		}
		o, err := l.entry("Contents", f.Object)
		if err != nil {
			return nil, err
		}
		if withOwner {
			o.n.add(owner(o.owner(c.b)))
		}
		n.add(o.n)
	}
	n.add(prefixes...)
	return &answer{status: http.StatusOK, header: http.Header{"X-Amz-Bucket-Region": {c.b.Region}}, body: n.document(namespace)}, nil
}

// An entry of a listing is an element and what is known of the object.
type entry struct {
	n *node
	m meta
}

func (e entry) owner(b Bucket) string {
	if e.m.Owner == "" || b.ownership() == enforced {
		return b.Owner
	}
	return e.m.Owner
}

func (l listing) entry(name string, o state.Object) (e entry, err error) {
	if e.m, err = metaOf(o); err != nil {
		return e, err
	}
	e.n = el(name, el("Key", l.encode(o.Key)), el("LastModified", o.Modified), el("ETag", `"`+o.ETag+`"`))
	if e.m.Checksum != nil {
		e.n.add(el("ChecksumAlgorithm", e.m.Checksum.Algorithm), el("ChecksumType", e.m.Checksum.Type))
	}
	e.n.add(el("Size", o.Size), el("StorageClass", e.m.class()))
	return e, nil
}

// listVersions is ListObjectVersions.
func (s *Service) listVersions(c *call) (*answer, error) {
	l, err := c.listing()
	if err != nil {
		return nil, err
	}
	q := state.ObjectList{
		Bucket: c.bucket, Prefix: l.query.Get("prefix"), Delimiter: l.query.Get("delimiter"), Limit: l.limit,
		After: l.query.Get("key-marker"), Versions: true,
	}
	marker := l.query.Get("version-id-marker")
	if marker != "" {
		if q.After == "" {
			return nil, faultf("InvalidArgument", "A version-id marker cannot be specified without a key marker.").with("ArgumentName", "version-id-marker", "ArgumentValue", marker)
		}
		if q.Older, err = s.olderThan(c, q.After, marker); err != nil {
			return nil, err
		}
	}
	found, more, err := s.list(c, q)
	if err != nil {
		return nil, err
	}
	n := el("ListVersionsResult", el("Name", c.bucket), el("Prefix", l.encode(q.Prefix)), el("KeyMarker", l.encode(q.After)), el("VersionIdMarker", marker))
	if more {
		last := found[len(found)-1]
		if last.Prefix != "" {
			n.add(el("NextKeyMarker", l.encode(last.Prefix)))
		} else {
			n.add(el("NextKeyMarker", l.encode(last.Object.Key)), el("NextVersionIdMarker", token{Key: last.Object.Version, Seq: last.Object.Sequence}.String()))
		}
	}
	n.add(el("MaxKeys", l.limit), l.element("Delimiter", q.Delimiter), el("IsTruncated", more), optional("EncodingType", l.query.Get("encoding-type")))
	var prefixes []*node
	for _, f := range found {
		if f.Prefix != "" {
			prefixes = append(prefixes, el("CommonPrefixes", el("Prefix", l.encode(f.Prefix))))
			continue
		}
		v := el("DeleteMarker", el("Key", l.encode(f.Object.Key)), el("LastModified", f.Object.Modified))
		e := entry{n: v}
		if !f.Object.Marker {
			if e, err = l.entry("Version", f.Object); err != nil {
				return nil, err
			}
		}
		e.n.add(el("VersionId", f.Object.Version), el("IsLatest", f.Object.Latest), owner(e.owner(c.b)))
		n.add(e.n)
	}
	n.add(prefixes...)
	return &answer{status: http.StatusOK, body: n.document(namespace)}, nil
}

// olderThan is the sequence of the version that a marker names: our own marker,
// which holds even when that version is gone, or the id of a version.
func (s *Service) olderThan(c *call, key, marker string) (int64, error) {
	if t, err := readToken(marker); err == nil && t.Seq > 0 {
		return t.Seq, nil
	}
	bad := faultf("InvalidArgument", "Invalid version id specified").with("ArgumentName", "version-id-marker", "ArgumentValue", marker)
	if !validVersion(marker) {
		return 0, bad
	}
	o, err := view(s, c.ctx, func(tx *state.Tx) (state.Object, error) { return tx.Object(c.ctx, c.bucket, key, marker) })
	there, err := state.Exists(err)
	if err == nil && !there {
		err = bad
	}
	return o.Sequence, err
}
