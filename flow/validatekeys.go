package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"tocsin/core/digest"
)

// KeySource is where the public keys are had from.
type KeySource interface {
	// PublicKeys gives the keys of a Region whose periods meet the time from
	// start to end, as ListPublicKeys does; there may be none.
	PublicKeys(ctx context.Context, region string, start, end time.Time) (digest.Keys, error)
}

// keysAfter is how much longer than the time asked for public keys are looked
// for: the last digest ends up to an hour after it, and is signed after that.
const keysAfter = 2 * time.Hour

// aroundBackfill is how long before and after its making the key of a backfill
// digest is looked for.
const aroundBackfill = time.Hour

// keyRegion is the Region whose keys sign a trail's digests: that of the log
// files. (The AWS CLI's newest message names the home Region, but asks this one.)
func keyRegion(t digest.Trail) string { return t.Region }

// A NoKeysError says that there is no public key at all for a stretch of time.
type NoKeysError struct {
	Region     string
	Start, End time.Time
}

func (e *NoKeysError) Error() string {
	return fmt.Sprintf("no public keys of Region %s between %s and %s", e.Region, e.Start.Format(time.RFC3339), e.End.Format(time.RFC3339))
}

// A keyring is the public keys that a pass over a chain has.
type keyring struct {
	source KeySource
	region string

	mu   sync.Mutex
	keys digest.Keys // guarded by mu
}

// load adds the keys of a stretch of time.
func (k *keyring) load(ctx context.Context, start, end time.Time) error {
	keys, err := k.source.PublicKeys(ctx, k.region, start, end)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return &NoKeysError{k.region, start, end}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = digest.Keys{}
	}
	maps.Copy(k.keys, keys)
	return nil
}

// all are the keys so far.
func (k *keyring) all() digest.Keys {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.keys)
}

// verify checks a digest. The key of a backfill digest is looked for around the
// time of its making. An error says that the keys could not be had.
func (k *keyring) verify(ctx context.Context, o digest.Object) (digest.Checked, error) {
	c := digest.Verify(o, k.all())
	if c.Verdict.Reason != digest.UnknownKey || !digest.IsBackfill(o.Place.Key) {
		return c, nil
	}
	made, err := time.Parse(time.RFC3339, o.Metadata[digest.MetaGenerated])
	if err != nil {
		c.Verdict = digest.Verdict{Reason: digest.BadFormat, Detail: fmt.Errorf("%s: %w", digest.MetaGenerated, err)}
		return c, nil
	}
	if err := k.load(ctx, made.Add(-aroundBackfill), made.Add(aroundBackfill)); err != nil {
		var none *NoKeysError
		if !errors.As(err, &none) {
			return c, err // whether there is such a key is not known
		}
		c.Verdict.Detail = err
		return c, nil
	}
	return digest.Verify(o, k.all()), nil
}
