package s3

import (
	"cmp"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"tocsin/store/state"
)

// listUploads is ListMultipartUploads: by key, and of one key by their beginning.
func (s *Service) listUploads(c *call) (*answer, error) {
	l, err := c.listing()
	if err != nil {
		return nil, err
	}
	found, err := view(s, c.ctx, func(tx *state.Tx) ([]state.Resource[upload], error) { return uploads.Of(c.ctx, tx, c.bucket) })
	if err != nil {
		return nil, err
	}
	for i := range found {
		raw, err := hex.DecodeString(found[i].Value.Key)
		if err != nil {
			return nil, err
		}
		found[i].Value.Key = string(raw)
	}
	order := func(key string, at time.Time, id string) func(state.Resource[upload]) int {
		return func(u state.Resource[upload]) int {
			return cmp.Or(strings.Compare(u.Value.Key, key), u.Created.Compare(at), strings.Compare(u.Name, id))
		}
	}
	slices.SortFunc(found, func(a, b state.Resource[upload]) int { return order(b.Value.Key, b.Created, b.Name)(a) })
	prefix, delimiter := l.query.Get("prefix"), l.query.Get("delimiter")
	marker, idMarker := l.query.Get("key-marker"), l.query.Get("upload-id-marker")
	n := el("ListMultipartUploadsResult", el("Bucket", c.bucket), el("KeyMarker", l.encode(marker)), el("UploadIdMarker", idMarker))
	var entries, prefixes []*node
	var last, lastID, common string
	more, passed := false, idMarker == ""
	for _, u := range found {
		key := u.Value.Key
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || key < marker || key == marker && idMarker == "" && marker != "" {
			continue
		}
		if key == marker && !passed {
			passed = u.Name == idMarker
			continue
		}
		if before, _, cut := strings.Cut(rest, delimiter); cut && delimiter != "" {
			if p := prefix + before + delimiter; p == common || p <= marker {
				continue
			} else if len(entries)+len(prefixes) < l.limit {
				common, last, lastID = p, p, ""
				prefixes = append(prefixes, el("CommonPrefixes", el("Prefix", l.encode(p))))
				continue
			}
		}
		if len(entries)+len(prefixes) >= l.limit {
			more = l.limit > 0
			break
		}
		last, lastID = key, u.Name
		entries = append(entries, el("Upload", el("Key", l.encode(key)), el("UploadId", u.Name), el("Initiator", el("ID", CanonicalID(u.Value.Meta.Owner))),
			owner(u.Value.Meta.Owner), el("StorageClass", u.Value.Meta.class()), el("Initiated", u.Created),
			optional("ChecksumAlgorithm", u.Value.Algorithm), optional("ChecksumType", u.Value.Type)))
	}
	if more {
		n.add(el("NextKeyMarker", l.encode(last)), el("NextUploadIdMarker", lastID))
	}
	n.add(l.element("Prefix", prefix), l.element("Delimiter", delimiter), el("MaxUploads", l.limit), el("IsTruncated", more), optional("EncodingType", l.query.Get("encoding-type")))
	n.add(entries...)
	n.add(prefixes...)
	return &answer{status: http.StatusOK, body: n.document(namespace)}, nil
}
