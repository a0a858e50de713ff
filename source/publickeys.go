package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"tocsin/core/digest"
)

// PublicKeys gives the public keys of a Region whose periods meet a stretch of time.
type PublicKeys interface {
	PublicKeys(ctx context.Context, region string, start, end time.Time) (digest.Keys, error)
}

// FixedKeys are keys of any Region, such as those of a file. Those whose periods
// are not known fit any time.
type FixedKeys digest.Keys

// KeysOf reads a file that holds what `aws cloudtrail list-public-keys` prints.
func KeysOf(path string) (FixedKeys, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := digest.ReadKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return FixedKeys(keys), nil
}

// PublicKeys is that of the interface.
func (f FixedKeys) PublicKeys(_ context.Context, _ string, start, end time.Time) (digest.Keys, error) {
	keys := digest.Keys{}
	for name, k := range f {
		if (k.ValidFrom.IsZero() || !k.ValidFrom.After(end)) && (k.ValidTo.IsZero() || !k.ValidTo.Before(start)) {
			keys[name] = k
		}
	}
	return keys, nil
}

// CachedKeys keeps the keys of another source in a directory, a file for each
// Region, so that they can be had again without it.
type CachedKeys struct {
	Dir string
	// From is asked first, and what it gives is kept; nil: only what was kept.
	From PublicKeys
}

// PublicKeys is that of the interface.
func (c CachedKeys) PublicKeys(ctx context.Context, region string, start, end time.Time) (digest.Keys, error) {
	if filepath.Base(region) != region || region == "." || region == ".." {
		return nil, fmt.Errorf("%q is no Region", region)
	}
	name := filepath.Join(c.Dir, region+".json")
	kept, err := KeysOf(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if c.From == nil {
		if kept == nil {
			return nil, fmt.Errorf("there are no public keys of Region %s in %s: validate once without --offline, or name a file with --public-keys", region, c.Dir)
		}
		return kept.PublicKeys(ctx, region, start, end)
	}
	keys, err := c.From.PublicKeys(ctx, region, start, end)
	if err != nil {
		return nil, fmt.Errorf("%w (public keys can be had from a file with --public-keys, or with --offline from what was kept)", err)
	}
	if len(keys) == 0 {
		return keys, nil
	}
	all := digest.Keys{}
	maps.Copy(all, kept)
	maps.Copy(all, keys)
	if len(all) == len(kept) {
		return keys, nil
	}
	if err := keep(name, digest.Keys(all).AppendJSON(nil)); err != nil {
		return nil, fmt.Errorf("keep public keys: %w", err)
	}
	return keys, nil
}

// keep writes a file whole or not at all.
func keep(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".keys-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
