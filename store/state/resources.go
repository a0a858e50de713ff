package state

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Kind is a kind of things that the AWS endpoint keeps, each stored as the
// JSON of a T under a name that is unique in an account and a Region:
//
//	var Trails = state.Kind[Trail]("trail")
type Kind[T any] string

// A Resource is one of them.
type Resource[T any] struct {
	Scope         // Region is "" for what is global, Account "" for what is unique in all
	Name   string // case matters
	Parent string // what it belongs to and may be listed by; "" for nothing
	Value  T
	// Revision is 0 for what is not stored yet, and grows with each Put.
	Revision int64
	Created  time.Time
}

// Get is the thing of that name, or ErrNotFound.
func (k Kind[T]) Get(ctx context.Context, tx *Tx, in Scope, name string) (Resource[T], error) {
	return one(ctx, tx, scanResource[T], `
		SELECT partition, account, region, name, parent, body, revision, created FROM resources
		WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4`, string(k), in.Account, in.Region, name)
}

// Lock is Get of a thing that nobody else changes, deletes or locks before the
// transaction ends.
func (k Kind[T]) Lock(ctx context.Context, tx *Tx, in Scope, name string) (Resource[T], error) {
	if err := tx.lock(ctx, `SELECT name FROM resources
		WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4 ORDER BY name`, string(k), in.Account, in.Region, name); err != nil {
		return Resource[T]{}, err
	}
	return k.Get(ctx, tx, in, name)
}

// Put writes a thing: a new one when its Revision is 0, else in place of the one
// of that revision. ErrChanged says that there is another by now: somebody made
// it, changed it or deleted it in the meantime.
func (k Kind[T]) Put(ctx context.Context, tx *Tx, r Resource[T]) (Resource[T], error) {
	body, err := encode(r.Value)
	if err != nil {
		return r, err
	}
	if r.Revision == 0 {
		err = tx.changed(ctx, ErrChanged, `
			INSERT INTO resources (kind, partition, account, region, name, parent, body, revision, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8) ON CONFLICT (kind, account, region, name) DO NOTHING`,
			string(k), r.Partition, r.Account, r.Region, r.Name, r.Parent, body, r.Created)
	} else {
		err = tx.changed(ctx, ErrChanged, `
			UPDATE resources SET partition = $1, parent = $2, body = $3, revision = revision + 1
			WHERE kind = $4 AND account = $5 AND region = $6 AND name = $7 AND revision = $8`,
			r.Partition, r.Parent, body, string(k), r.Account, r.Region, r.Name, r.Revision)
	}
	if err == nil {
		r.Revision++
	}
	return r, err
}

// Change reads a thing, lets f change it and writes it. ErrNotFound says that
// there is none.
func (k Kind[T]) Change(ctx context.Context, tx *Tx, in Scope, name string, f func(*T) error) (Resource[T], error) {
	r, err := k.Get(ctx, tx, in, name)
	if err != nil {
		return r, err
	}
	if err := f(&r.Value); err != nil {
		return r, err
	}
	return k.Put(ctx, tx, r)
}

// Delete removes a thing, or tells ErrNotFound.
func (k Kind[T]) Delete(ctx context.Context, tx *Tx, in Scope, name string) error {
	return tx.changed(ctx, ErrNotFound, `DELETE FROM resources WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4`,
		string(k), in.Account, in.Region, name)
}

// All are those of an account and a Region, by name; those of all Regions when
// in.Region is "*", and of all accounts when in.Account is.
func (k Kind[T]) All(ctx context.Context, tx *Tx, in Scope) ([]Resource[T], error) {
	var w where
	w.and("kind = ?", string(k))
	if in.Account != "*" {
		w.and("account = ?", in.Account)
	}
	if in.Region != "*" {
		w.and("region = ?", in.Region)
	}
	return k.list(ctx, tx, w)
}

// Of are those that belong to a parent, in all accounts and Regions, by name.
func (k Kind[T]) Of(ctx context.Context, tx *Tx, parent string) ([]Resource[T], error) {
	var w where
	w.and("kind = ?", string(k))
	w.and("parent = ?", parent)
	return k.list(ctx, tx, w)
}

// After are at most so many of those that belong to a parent, the first by name behind
// a name, which is "" for the very first. No two of them may have the same name.
func (k Kind[T]) After(ctx context.Context, tx *Tx, parent, name string, limit int) ([]Resource[T], error) {
	var w where
	w.and("kind = ?", string(k))
	w.and("parent = ?", parent)
	w.and("name"+tx.byBytes()+" > ?", name)
	w.text += " ORDER BY name" + tx.byBytes() + w.limit(limit)
	return k.list(ctx, tx, w)
}

func (k Kind[T]) list(ctx context.Context, tx *Tx, w where) ([]Resource[T], error) {
	found, err := all(ctx, tx, scanResource[T], `
		SELECT partition, account, region, name, parent, body, revision, created FROM resources`+w.text, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list each %s: %w", k, err)
	}
	slices.SortFunc(found, func(a, b Resource[T]) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return found, nil
}

func scanResource[T any](r row) (v Resource[T], err error) {
	var body string
	var created int64
	if err := r.Scan(&v.Partition, &v.Account, &v.Region, &v.Name, &v.Parent, &body, &v.Revision, &created); err != nil {
		return v, err
	}
	v.Created = instant(created)
	v.Value, err = decode[T](body)
	return v, err
}

// Tags are the tags of what has that ARN.
func (tx *Tx) Tags(ctx context.Context, arn string) (map[string]string, error) {
	pairs, err := all(ctx, tx, scanTag, `SELECT key, value FROM tags WHERE arn = $1`, arn)
	tags := make(map[string]string, len(pairs))
	for _, p := range pairs {
		tags[p[0]] = p[1]
	}
	return tags, err
}

// Tag sets tags; others of the same ARN stay.
func (tx *Tx) Tag(ctx context.Context, arn string, tags map[string]string) error {
	for _, key := range sortedKeys(tags) {
		if _, err := tx.exec(ctx, `INSERT INTO tags (arn, key, value) VALUES ($1, $2, $3)
			ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value`, arn, key, tags[key]); err != nil {
			return err
		}
	}
	return nil
}

// Untag takes tags away; those that are not there do not matter.
func (tx *Tx) Untag(ctx context.Context, arn string, keys ...string) error {
	for _, key := range keys {
		if _, err := tx.exec(ctx, `DELETE FROM tags WHERE arn = $1 AND key = $2`, arn, key); err != nil {
			return err
		}
	}
	return nil
}

// DropTags takes all tags of an ARN away.
func (tx *Tx) DropTags(ctx context.Context, arn string) error {
	_, err := tx.exec(ctx, `DELETE FROM tags WHERE arn = $1`, arn)
	return err
}

func scanTag(r row) (pair [2]string, err error) { return pair, r.Scan(&pair[0], &pair[1]) }

// Exists tells whether an error of Get says that there is such a thing; an error
// that says something else is given back.
func Exists(err error) (bool, error) {
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrNotFound):
		return false, nil
	default:
		return false, err
	}
}
