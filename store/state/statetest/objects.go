package statetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

// object writes a version and tells what it replaced.
func object(t *testing.T, db *state.DB, bucket, key, version string) (o state.Object, replaced *state.Object) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) (err error) {
		o, replaced, err = tx.PutObject(ctx, state.Object{
			Bucket: bucket, Key: key, Version: version, Modified: start, Size: 7,
			ETag: "etag", Blob: fmt.Sprintf("objects/%x%s", key, version), Extra: `{"a":1}`,
		})
		return err
	})
	return o, replaced
}

func marker(t *testing.T, db *state.DB, bucket, key, version string) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) error {
		_, _, err := tx.PutObject(ctx, state.Object{Bucket: bucket, Key: key, Version: version, Marker: true, Modified: start})
		return err
	})
}

func objects(t *testing.T, s suite) {
	read := func(key, version string) state.Object {
		t.Helper()
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Object, error) {
			return tx.Object(ctx, "b", key, version)
		})
	}
	first, replaced := object(t, s.a, "b", "k\xff\x00", "null")
	if diff := cmp.Diff(first, read("k\xff\x00", "")); diff != "" || replaced != nil || !first.Latest || first.Sequence != 1 {
		t.Error(diff, replaced, first)
	}
	second, _ := object(t, s.a, "b", "k\xff\x00", "v2")
	if got := read("k\xff\x00", "null"); got.Latest || second.Sequence != 2 {
		t.Error(got, second)
	}
	if _, replaced = object(t, s.a, "b", "k\xff\x00", "null"); replaced == nil || replaced.Sequence != 1 {
		t.Error(replaced)
	}
	marker(t, s.a, "b", "k\xff\x00", "v4")
	if got := read("k\xff\x00", ""); !got.Marker || got.Version != "v4" || got.Sequence != 4 {
		t.Error(got)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.DeleteObject(ctx, "b", "k\xff\x00", "v4", start)
		return err
	})
	if got := read("k\xff\x00", ""); got.Version != "null" || got.Sequence != 3 {
		t.Error(got)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return tx.SetObjectExtra(ctx, second, "{}")
	})
	if got := read("k\xff\x00", "v2"); got.Extra != "{}" {
		t.Error(got)
	}
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		return tx.SetObjectExtra(ctx, state.Object{Bucket: "b", Key: "none"}, "{}")
	})
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.DeleteObject(ctx, "b", "k\xff\x00", "v4", start)
		return err
	})
}

// objectGarbage follows blobs: noted before they are written, no garbage while an
// object has them, garbage again when it goes.
func objectGarbage(t *testing.T, s suite) {
	garbage := func() []string {
		t.Helper()
		found := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]string, error) {
			return tx.Garbage(ctx, start.Add(time.Hour), 10)
		})
		slices.Sort(found)
		return found
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		for _, key := range []string{"objects/611", "objects/lost"} {
			if err := tx.AddGarbage(ctx, key, start); err != nil {
				return err
			}
		}
		return nil
	})
	object(t, s.a, "b", "a", "1")
	object(t, s.a, "b", "c", "1")
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.AddGarbage(ctx, "objects/631", start) })
	if diff := cmp.Diff([]string{"objects/lost"}, garbage()); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.DeleteObject(ctx, "b", "a", "1", start)
		return err
	})
	object(t, s.a, "up", "1", "")
	object(t, s.a, "up", "2", "")
	object(t, s.a, "up", "3", "")
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DropObjects(ctx, "up", start, "2") })
	if diff := cmp.Diff([]string{"objects/31", "objects/33", "objects/611", "objects/lost"}, garbage()); diff != "" {
		t.Error(diff)
	}
	for bucket, want := range map[string]bool{"b": true, "up": true, "other": false} {
		if got := get(t, s.b, func(ctx context.Context, tx *state.Tx) (bool, error) { return tx.HasObjects(ctx, bucket) }); got != want {
			t.Errorf("%s holds something: %v", bucket, got)
		}
	}
}

// listings compares pages of every size with a listing made in memory.
func listings(t *testing.T, s suite) {
	keys := []string{"a", "a/", "a/b", "a/b/c", "a/b/d", "a/c", "a0", "b/x", "b/y", "b/z", "c", "c\xff", "c\xff/1", "\xff\xff/1", "\xff\xff/2"}
	for i := range 150 {
		keys = append(keys, fmt.Sprintf("m/%03d", i))
	}
	slices.Sort(keys)
	for _, k := range keys {
		object(t, s.a, "b", k, "1")
	}
	object(t, s.a, "b", "a", "2")
	object(t, s.a, "b", "a", "3")
	marker(t, s.a, "b", "b/x", "2")
	object(t, s.a, "other", "a", "1")
	for _, prefix := range []string{"", "a", "a/", "m", "m/", "c\xff", "\xff", "\xff\xff", "none"} {
		for _, delimiter := range []string{"", "/", "\xff", "00", "/0"} {
			for _, versions := range []bool{false, true} {
				for _, limit := range []int{1, 2, 3, 7, 1000} {
					q := state.ObjectList{Bucket: "b", Prefix: prefix, Delimiter: delimiter, Versions: versions, Limit: limit}
					if limit == 1 && len(keys) > 100 && delimiter == "" {
						continue
					}
					if diff := cmp.Diff(listed(keys, q), walk(t, s.b, q)); diff != "" {
						t.Errorf("%+v: %s", q, diff)
					}
				}
			}
		}
	}
	q := state.ObjectList{Bucket: "b", After: "a/b", Delimiter: "/", Limit: 3}
	if diff := cmp.Diff([]string{"a/", "a0", "b/"}, walk(t, s.b, q)[:3]); diff != "" {
		t.Error(diff)
	}
}

// walk reads a listing page by page.
func walk(t *testing.T, db *state.DB, q state.ObjectList) (out []string) {
	t.Helper()
	for more := true; more; {
		var found []state.Listed
		update(t, db, func(ctx context.Context, tx *state.Tx) (err error) {
			found, more, err = tx.ListObjects(ctx, q)
			return err
		})
		if len(found) > q.Limit || more && len(found) < q.Limit {
			t.Fatalf("%d listed, more: %v, of %+v", len(found), more, q)
		}
		for _, l := range found {
			if q.After, q.Older = l.Prefix, 0; l.Prefix == "" {
				q.After, q.Older = l.Object.Key, l.Object.Sequence
			}
			text := q.After
			if l.Prefix == "" && q.Versions {
				text += "@" + l.Object.Version
			}
			out = append(out, text)
		}
	}
	return out
}

// listed is what S3 says of keys and common prefixes, for the keys of listings.
func listed(keys []string, q state.ObjectList) (out []string) {
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k, q.Prefix)
		if !ok {
			continue
		}
		versions := map[string][]string{"a": {"3", "2", "1"}, "b/x": {"2", "1"}}[k]
		if versions == nil {
			versions = []string{"1"}
		}
		if !q.Versions && k == "b/x" {
			continue
		}
		before, _, cut := strings.Cut(rest, q.Delimiter)
		switch {
		case cut && q.Delimiter != "":
			if common := q.Prefix + before + q.Delimiter; !slices.Contains(out, common) {
				out = append(out, common)
			}
		case q.Versions:
			for _, v := range versions {
				out = append(out, k+"@"+v)
			}
		default:
			out = append(out, k)
		}
	}
	return out
}
