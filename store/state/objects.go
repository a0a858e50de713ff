package state

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// An Object is a version of an object in a bucket of the AWS endpoint, or a
// delete marker. Keys are bytes and are ordered as such.
type Object struct {
	Bucket, Key, Version string
	Sequence             int64 // grows from version to version of a key
	Latest               bool
	// Marker tells a delete marker, which has neither Size, ETag nor Blob.
	Marker   bool
	Modified time.Time
	Size     int64
	ETag     string // without quotes; never "" but for a marker
	Blob     string // where the bytes are; "" for a marker and for what others hold
	Extra    string // what else the endpoint keeps of it, JSON
}

// The column latest tells what a listing without versions looks for.
const (
	older        = 0
	latestObject = 1
	latestMarker = 2
)

func (o Object) latest() int64 {
	switch {
	case !o.Latest:
		return older
	case o.Marker:
		return latestMarker
	default:
		return latestObject
	}
}

const objectColumns = "bucket, key, version, latest, modified, size, etag, blob, extra, sequence"

// PutObject adds the latest version of a key, with the next Sequence, in place of
// the one that has the same Version, if there is one; that one is returned, and
// its blob is garbage at the object's Modified. The object's own blob is no
// garbage any more. Whoever writes to a bucket has locked it.
func (tx *Tx) PutObject(ctx context.Context, o Object) (put Object, replaced *Object, err error) {
	highest, err := all(ctx, tx, value[int64], `SELECT COALESCE(MAX(sequence), 0) FROM objects WHERE bucket = $1 AND key = $2`, o.Bucket, []byte(o.Key))
	if err != nil {
		return o, nil, err
	}
	o.Sequence, o.Latest = highest[0]+1, true
	gone, err := all(ctx, tx, scanObject, `DELETE FROM objects WHERE bucket = $1 AND key = $2 AND version = $3 RETURNING `+objectColumns,
		o.Bucket, []byte(o.Key), o.Version)
	if err != nil {
		return o, nil, err
	}
	if len(gone) > 0 {
		replaced = &gone[0]
		if replaced.Blob != "" && replaced.Blob != o.Blob {
			if err := tx.AddGarbage(ctx, replaced.Blob, o.Modified); err != nil {
				return o, nil, err
			}
		}
	}
	if _, err := tx.exec(ctx, `UPDATE objects SET latest = $1 WHERE bucket = $2 AND key = $3 AND latest IN (1, 2)`, older, o.Bucket, []byte(o.Key)); err != nil {
		return o, nil, err
	}
	if err := tx.insertObject(ctx, o); err != nil {
		return o, nil, err
	}
	if o.Blob != "" {
		err = tx.DropGarbage(ctx, []string{o.Blob})
	}
	return o, replaced, err
}

func (tx *Tx) insertObject(ctx context.Context, o Object) error {
	_, err := tx.exec(ctx, `INSERT INTO objects (`+objectColumns+`) VALUES `+values(1, 10),
		o.Bucket, []byte(o.Key), o.Version, o.latest(), o.Modified, o.Size, o.ETag, o.Blob, o.Extra, o.Sequence)
	return err
}

// Object is a version of an object; the latest, which may be a marker, when
// version is "". ErrNotFound says that there is none.
func (tx *Tx) Object(ctx context.Context, bucket, key, version string) (Object, error) {
	if version == "" {
		return one(ctx, tx, scanObject, `SELECT `+objectColumns+` FROM objects WHERE bucket = $1 AND key = $2 AND latest IN (1, 2)`, bucket, []byte(key))
	}
	return one(ctx, tx, scanObject, `SELECT `+objectColumns+` FROM objects WHERE bucket = $1 AND key = $2 AND version = $3`, bucket, []byte(key), version)
}

// SetObjectExtra changes what else is kept of a version, or tells ErrNotFound.
func (tx *Tx) SetObjectExtra(ctx context.Context, o Object, extra string) error {
	return tx.changed(ctx, ErrNotFound, `UPDATE objects SET extra = $1 WHERE bucket = $2 AND key = $3 AND version = $4`,
		extra, o.Bucket, []byte(o.Key), o.Version)
}

// DeleteObject removes a version for good, or tells ErrNotFound; its blob is
// garbage at a time. Of those that are left the newest becomes the latest.
func (tx *Tx) DeleteObject(ctx context.Context, bucket, key, version string, at time.Time) (Object, error) {
	gone, err := one(ctx, tx, scanObject, `DELETE FROM objects WHERE bucket = $1 AND key = $2 AND version = $3 RETURNING `+objectColumns,
		bucket, []byte(key), version)
	if err != nil {
		return gone, err
	}
	if gone.Blob != "" {
		if err := tx.AddGarbage(ctx, gone.Blob, at); err != nil {
			return gone, err
		}
	}
	if !gone.Latest {
		return gone, nil
	}
	_, err = tx.exec(ctx, `
		UPDATE objects SET latest = CASE WHEN etag = '' THEN 2 ELSE 1 END
		WHERE bucket = $1 AND key = $2 AND sequence = (SELECT MAX(sequence) FROM objects WHERE bucket = $1 AND key = $2)`, bucket, []byte(key))
	return gone, err
}

// DropObjects removes all that a bucket holds but the keys to keep; their blobs
// are garbage at a time.
func (tx *Tx) DropObjects(ctx context.Context, bucket string, at time.Time, keep ...string) error {
	found, err := all(ctx, tx, scanObject, `SELECT `+objectColumns+` FROM objects WHERE bucket = $1 ORDER BY key`, bucket)
	if err != nil {
		return err
	}
	kept := make(map[string]bool, len(keep))
	for _, key := range keep {
		kept[key] = true
	}
	var blobs []string
	for _, o := range found {
		if kept[o.Key] {
			continue
		}
		if _, err := tx.exec(ctx, `DELETE FROM objects WHERE bucket = $1 AND key = $2 AND version = $3`, bucket, []byte(o.Key), o.Version); err != nil {
			return err
		}
		if o.Blob != "" {
			blobs = append(blobs, o.Blob)
		}
	}
	return tx.addGarbage(ctx, blobs, at)
}

// HasObjects tells whether a bucket holds anything, older versions and markers
// included.
func (tx *Tx) HasObjects(ctx context.Context, bucket string) (bool, error) {
	found, err := all(ctx, tx, value[string], `SELECT version FROM objects WHERE bucket = $1 LIMIT 1`, bucket)
	return len(found) > 0, err
}

// An ObjectList asks for a part of a bucket, in the order of keys, and of
// versions the newest first.
type ObjectList struct {
	Bucket string
	Prefix string // that keys begin with
	// Delimiter ends, where it follows in a key behind the Prefix, a common
	// prefix, which stands for all keys that begin with it. "" for none.
	Delimiter string
	// After is a key, or a common prefix, which what is listed comes behind.
	After string
	// Versions asks for all versions instead of the latest that are no markers.
	Versions bool
	// Older goes on among the versions of the key After, with those whose
	// sequence is lower; 0 behind all of them.
	Older int64
	Limit int // at least 1
}

// A Listed is an object, or a common prefix when Prefix is not "".
type Listed struct {
	Prefix string
	Object Object
}

// ListObjects is the first part of what is asked for, and whether there is more.
// Its work grows with what it gives, not with what common prefixes stand for.
func (tx *Tx) ListObjects(ctx context.Context, q ObjectList) (found []Listed, more bool, err error) {
	from, below := q.Prefix, successor(q.Prefix)
	if q.After != "" {
		after := q.After + "\x00" // the very next key
		if common := q.common(q.After); common == q.After {
			if after = successor(common); after == "" {
				return nil, false, nil
			}
		}
		from = max(from, after)
		if q.Versions && q.Older > 0 && strings.HasPrefix(q.After, q.Prefix) {
			if found, err = q.olderThan(ctx, tx, q.After, q.Older); err != nil {
				return nil, false, err
			}
		}
	}
	batch := q.Limit + 1
	if q.Delimiter != "" {
		batch = min(batch, firstBatch)
	}
	for len(found) <= q.Limit {
		rows, err := q.rows(ctx, tx, from, below, batch)
		if err != nil {
			return nil, false, err
		}
		had := len(found)
		last := ""
		for _, o := range rows {
			common := q.common(o.Key)
			switch {
			case common == "":
				found = append(found, Listed{Object: o})
				from = o.Key + "\x00"
			case common != last:
				last = common
				found = append(found, Listed{Prefix: common})
				from = successor(common)
			}
		}
		if len(rows) < batch || from == "" {
			break
		}
		rest, err := q.rest(ctx, tx, rows[len(rows)-1])
		if err != nil {
			return nil, false, err
		}
		found = append(found, rest...)
		// Where a batch was nearly all of one common prefix, most of the next may be too.
		if len(found)-had < batch/4 {
			batch = max(batch/4, 2)
		} else {
			batch = min(2*batch, q.Limit+1)
		}
	}
	if len(found) > q.Limit {
		return found[:q.Limit], true, nil
	}
	return found, false, nil
}

// firstBatch is how many rows are read at first when many of them may be of one
// common prefix.
const firstBatch = 64

// rows are the next rows in the bounds.
func (q ObjectList) rows(ctx context.Context, tx *Tx, from, below string, limit int) ([]Object, error) {
	w := where{}
	w.and("bucket = ?", q.Bucket)
	if !q.Versions {
		w.and("latest = ?", latestObject)
	}
	w.and("key >= ?", []byte(from))
	if below != "" {
		w.and("key < ?", []byte(below))
	}
	order := " ORDER BY key"
	if q.Versions {
		order = " ORDER BY key, sequence DESC"
	}
	found, err := all(ctx, tx, scanObject, `SELECT `+objectColumns+` FROM objects`+w.text+order+w.limit(limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list objects: %w", err)
	}
	return found, nil
}

// rest are the other versions of the last key of a batch, which may have ended in
// the midst of them.
func (q ObjectList) rest(ctx context.Context, tx *Tx, last Object) ([]Listed, error) {
	if !q.Versions || q.common(last.Key) != "" {
		return nil, nil
	}
	return q.olderThan(ctx, tx, last.Key, last.Sequence)
}

// olderThan are the versions of a key from below a sequence.
func (q ObjectList) olderThan(ctx context.Context, tx *Tx, key string, sequence int64) ([]Listed, error) {
	return all(ctx, tx, func(r row) (Listed, error) {
		o, err := scanObject(r)
		return Listed{Object: o}, err
	}, `SELECT `+objectColumns+` FROM objects
		WHERE bucket = $1 AND key = $2 AND sequence < $3 ORDER BY sequence DESC LIMIT $4`, q.Bucket, []byte(key), sequence, q.Limit+1)
}

// common is the common prefix that stands for a key; "" for none.
func (q ObjectList) common(key string) string {
	rest, ok := strings.CutPrefix(key, q.Prefix)
	if !ok || q.Delimiter == "" {
		return ""
	}
	at := strings.Index(rest, q.Delimiter)
	if at < 0 {
		return ""
	}
	return key[:len(q.Prefix)+at+len(q.Delimiter)]
}

// successor is the least text that is greater than all that begin with prefix;
// "" when there is none.
func successor(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) > 0 {
		b[len(b)-1]++
	}
	return string(b)
}

func scanObject(r row) (o Object, err error) {
	var key []byte
	var latest, modified int64
	err = r.Scan(&o.Bucket, &key, &o.Version, &latest, &modified, &o.Size, &o.ETag, &o.Blob, &o.Extra, &o.Sequence)
	o.Key, o.Latest, o.Marker, o.Modified = string(key), latest != older, o.ETag == "", instant(modified)
	return o, err
}
