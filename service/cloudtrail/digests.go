package cloudtrail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/core/digest"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// A chain is that of the digests of a trail for the log files of a Region, as
// far as the next one has to know it.
type chain struct {
	Region string       `json:"region"`
	Number int          `json:"number"` // Trail.Chain when it began
	Start  time.Time    `json:"start"`  // of the next digest's window
	Last   *digest.Link `json:"last,omitempty"`
	Logs   []delivered  `json:"logs,omitempty"` // not in a digest yet
	Tries  int          `json:"tries,omitempty"`
	Next   time.Time    `json:"next,omitzero"` // try
}

// A delivered log file.
type delivered struct {
	Log digest.Log `json:"log"`
	At  time.Time  `json:"at"`
}

// allChains are they, by trail id, number and Region; Parent is the trail's id.
var allChains = state.Kind[chain]("trail-chain")

func newChain(t trail, region string, start time.Time) state.Resource[chain] {
	return state.Resource[chain]{
		Scope: t.Scope, Name: fmt.Sprintf("%s/%d/%s", t.Value.ID, t.Value.Chain, region), Parent: t.Value.ID, Created: start,
		Value: chain{Region: region, Number: t.Value.Chain, Start: start.UTC().Truncate(time.Second)},
	}
}

// deliveredLog notes a log file for the next digest.
func deliveredLog(ctx context.Context, tx *state.Tx, t trail, region string, since time.Time, d delivered) error {
	if !t.Value.Validation {
		return nil
	}
	c := newChain(t, region, since)
	stored, err := allChains.Get(ctx, tx, c.Scope, c.Name)
	switch {
	case err == nil:
		c = stored
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	c.Value.Logs = append(c.Value.Logs, d)
	_, err = allChains.Put(ctx, tx, c)
	return err
}

// atOnceDigests bounds how many digests of one chain are made up for in a round.
const atOnceDigests = 100

// beginChain begins a chain of digests in the home Region of a trail: there they
// come every hour, also when nothing happens.
func beginChain(ctx context.Context, tx *state.Tx, t *trail, now time.Time) error {
	t.Value.Chain++
	if !t.Value.Validation || !t.Value.Logging {
		return nil
	}
	_, err := allChains.Put(ctx, tx, newChain(*t, t.Region, now))
	return err
}

// chainOver tells whether a chain is to end: the trail has another one, or logs
// no more, or writes no more digests.
func chainOver(t trail, c state.Resource[chain], idle bool, now time.Time) bool {
	v := t.Value
	return c.Value.Number != v.Chain || idle && (!v.Validation || !v.Logging && now.Sub(v.Stopped) >= quiet)
}

// quiet is how long after StopLogging or DeleteTrail a trail is done with: the
// record of that very call comes in, and the last digest is written. Whoever deletes a trail and then its bucket finds nothing new in it.
const quiet = 5 * time.Minute

// chainDue tells whether a digest is to be written. Idle says that no log file waits.
func chainDue(t trail, c state.Resource[chain], idle bool, now time.Time) bool {
	return !later(c.Value.Next, now) && (!c.Value.Start.Add(digest.Rhythm).After(now) || chainOver(t, c, idle, now))
}

// advance writes the digests of a chain that are due.
func (s *Service) advance(ctx context.Context, now time.Time, t trail, c state.Resource[chain], idle bool) error {
	if !chainDue(t, c, idle, now) {
		return nil
	}
	for range atOnceDigests {
		end := c.Value.Start.Add(digest.Rhythm)
		if end.After(now) {
			break
		}
		if went, err := s.writeDigest(ctx, now, t, &c, end, false); err != nil || !went {
			return err
		}
	}
	if !chainOver(t, c, idle, now) || !c.Value.Start.Add(digest.Rhythm).After(now) {
		return nil
	}
	_, err := s.writeDigest(ctx, now, t, &c, now, true)
	return err
}

// writeDigest writes the digest of the window of a chain that ends at end; the
// last one ends the chain. False when it could not.
func (s *Service) writeDigest(ctx context.Context, now time.Time, t trail, c *state.Resource[chain], end time.Time, last bool) (bool, error) {
	end = end.UTC().Truncate(time.Second)
	window := digest.Window{Start: c.Value.Start, End: end, Bucket: t.Value.Bucket}
	var later []delivered
	for _, d := range c.Value.Logs {
		if last || !d.At.After(end) {
			window.Logs = append(window.Logs, d.Log)
		} else {
			later = append(later, d)
		}
	}
	slices.Reverse(window.Logs)
	var signed digest.Signed
	failure := ""
	if end.After(c.Value.Start) {
		key, err := s.keyAt(ctx, state.Scope{Partition: t.Partition, Region: c.Value.Region}, end)
		if err != nil {
			return false, err
		}
		if signed, err = digest.Write(digests(t, c.Value.Region), digest.NewSigner(key), c.Value.Last, window); err != nil {
			return false, fmt.Errorf("digest of %s: %w", t.Value.ARN, err)
		}
		failure = s.putObject(ctx, t, signed.Place.Bucket, signed.Place.Key, signed.Text, signed.Metadata)
	} else if len(window.Logs) > 0 {
		return false, nil // not before the next second
	}
	if hopeless(t, failure) || failure != "" && deleted(t) && now.Sub(t.Value.Stopped) > patience(t) {
		s.o.Log.Error("a digest that a trail could not deliver is given up", "trail", t.Value.ARN, "region", c.Value.Region)
		failure, last = "", true
	}
	crash.Point("trail: a digest is written")
	next := *c
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		if err := note(ctx, tx, t, func(st *Status) { st.Digests.took(now, failure) }); err != nil {
			return err
		}
		next = *c
		switch {
		case failure != "":
			next.Value.Next = now.Add(backoff(c.Value.Tries))
			next.Value.Tries++
		case last:
			if next, err := allChains.Get(ctx, tx, c.Scope, c.Name); err != nil || next.Revision != c.Revision {
				return cmp.Or(err, state.ErrChanged)
			}
			return allChains.Delete(ctx, tx, c.Scope, c.Name)
		default:
			next.Value.Start, next.Value.Last, next.Value.Logs = end, &signed.Link, later
			next.Value.Next, next.Value.Tries = time.Time{}, 0
		}
		var err error
		next, err = allChains.Put(ctx, tx, next)
		return err
	})
	if errors.Is(err, state.ErrChanged) || errors.Is(err, state.ErrNotFound) {
		return false, nil // another log file came in, or another process was faster: the next round sees it
	}
	*c = next
	return err == nil && failure == "", err
}
