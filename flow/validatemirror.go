package flow

import (
	"context"
	"errors"
	"strings"

	"tocsin/core/digest"
)

// origin learns from the newest digest that can be read where a mirrored chain
// was written, and names its digests so.
func (r *reading) origin(ctx context.Context, c Chain) Chain {
	for _, keys := range [][]string{c.Keys, c.Backfill, {c.outside}} {
		for i := len(keys) - 1; i >= 0; i-- {
			o, err := r.read(ctx, digest.Place{Key: keys[i]}, maxDigest) // alone, before all others
			if err != nil || o.Damage != nil {
				continue // it is examined later, and told then
			}
			f, err := digest.Parse(o.Text)
			if err != nil || !strings.HasSuffix(f.Place.Key, fromLogs(keys[i])) {
				continue
			}
			t, _, _, ok := digest.ParseKey(f.Place.Key)
			if !ok {
				continue
			}
			return c.rename(f.Place.Bucket, t)
		}
	}
	return c
}

// fromLogs is a key from AWSLogs on.
func fromLogs(key string) string {
	if i := strings.LastIndex("/"+key, "/AWSLogs/"); i >= 0 {
		return key[i:]
	}
	return key
}

// rename gives a chain's keys the prefix under which they were written.
func (c Chain) rename(bucket string, t digest.Trail) Chain {
	named := c
	named.Trail, named.Bucket, named.Keys, named.Backfill = t, bucket, nil, nil
	prefix := ""
	if t.Prefix != "" {
		prefix = t.Prefix + "/"
	}
	for _, key := range c.Keys {
		named.Keys = append(named.Keys, prefix+fromLogs(key))
	}
	for _, key := range c.Backfill {
		named.Backfill = append(named.Backfill, prefix+fromLogs(key))
	}
	return named
}

// written is where a folder was that lies beside those of a chain, which was
// found as a trail's and was renamed; false when it is not beside them.
func (c Chain) written(found digest.Trail, folder string) (digest.Place, bool) {
	prefix := strings.TrimSuffix(strings.TrimSuffix(folder, fromLogs(folder)), "/")
	if prefix != found.Prefix {
		return digest.Place{}, false
	}
	key := fromLogs(folder)
	if c.Trail.Prefix != "" {
		key = c.Trail.Prefix + "/" + key
	}
	return digest.Place{Bucket: c.Bucket, Key: key}, true
}

// signatureFrom takes a digest's signature out of the one that names it. A
// signature proves the same wherever it was kept; so all but the newest digest
// of a plain copy of a bucket can be verified. alone says that r.large is held.
func (r *reading) signatureFrom(ctx context.Context, newer digest.Place, alone bool, o *digest.Object) {
	if newer == (digest.Place{}) {
		return
	}
	next, err := r.read(ctx, newer, largeDigest)
	if errors.Is(next.Damage, digest.ErrTooLong) {
		if !alone {
			r.large.Lock()
			defer r.large.Unlock()
		}
		next, err = r.read(ctx, newer, maxDigest)
	}
	if err != nil || next.Damage != nil {
		return // it is examined itself, and told there
	}
	f, err := digest.Parse(next.Text)
	if err != nil || f.Previous.Place != o.Place {
		return
	}
	meta := map[string]string{digest.MetaSignature: f.Previous.Signature, digest.MetaAlgorithm: digest.SignatureAlgorithm}
	if made, there := o.Metadata[digest.MetaGenerated]; there {
		meta[digest.MetaGenerated] = made
	}
	o.Metadata = meta
}
