package flow

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"testing"
	"time"

	"tocsin/core/digest"
	"tocsin/source"
)

// keysWith is a source that answers always the same.
type keysWith struct {
	keys digest.Keys
	err  error
}

func (k keysWith) PublicKeys(context.Context, string, time.Time, time.Time) (digest.Keys, error) {
	return k.keys, k.err
}

// oneDigest is a backfill digest whose key has to be asked for.
func oneDigest(t *testing.T) digest.Object {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 3, 7, 12, 0, 0, 0, time.UTC)
	trail := digest.Trail{Account: "111122223333", Region: "eu-west-1", Home: "eu-west-1", Name: "main"}
	s, err := digest.Write(trail, digest.NewSigner(key), nil, digest.Window{Start: at, End: at.Add(time.Hour), Bucket: "b", Generated: at.Add(9 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return s.Object()
}

// A digest is not wrong because nobody could be asked for its key.
func TestKeysThatCannotBeHadProveNothing(t *testing.T) {
	o := oneDigest(t)
	down := errors.New("nobody answers")
	k := keyring{source: keysWith{err: down}}
	if c, err := k.verify(t.Context(), o); !errors.Is(err, down) {
		t.Errorf("%v %v, want that nobody answers", c.Verdict, err)
	}
	k = keyring{source: keysWith{}}
	if c, err := k.verify(t.Context(), o); err != nil || c.Verdict.Reason != digest.UnknownKey {
		t.Errorf("%v %v, want that there is no such key", c.Verdict, err)
	}
}

// stopping gives nothing, and somebody interrupts while it is asked.
type stopping struct {
	source.Objects
	interrupt func()
}

func (s stopping) Get(ctx context.Context, _, _ string) (source.Object, error) {
	s.interrupt()
	return source.Object{}, ctx.Err()
}

// Who interrupts a walk is told nothing of what was being read.
func TestInterruptedWalkTellsNothingWrong(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	at := oneDigest(t).Place
	r := &reading{objects: stopping{interrupt: interrupt}, progress: new(ValidateProgress)}
	w := cliWalk{reading: r, keys: &keyring{source: keysWith{}}, walk: digest.NewWalk("b", nil, time.Time{}), visit: func(s StepResult) error {
		t.Errorf("it tells of %v", s.Digest.Place)
		return nil
	}}
	w.step(ctx, at)
	if !errors.Is(w.err, context.Canceled) {
		t.Errorf("it ends with %v", w.err)
	}
}
