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

// deliverDigests writes the digests of a trail that are due; true when no chain
// is left. Idle says that no log file waits to be written.
func (s *Service) deliverDigests(ctx context.Context, now time.Time, t trail, idle bool) (none bool, err error) {
	v := t.Value
	var chains []state.Resource[chain]
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		chains, err = allChains.Of(ctx, tx, v.ID)
		return err
	})
	if err != nil {
		return false, err
	}
	begun := func(c state.Resource[chain]) bool { return c.Value.Number == v.Chain && c.Value.Region == t.Region }
	if v.Validation && v.Logging && !slices.ContainsFunc(chains, begun) {
		// The home Region has digests from the start, also when nothing happens.
		start := now
		if since := now.Sub(v.Started); since >= 0 && since < digest.Rhythm && v.Chain == 1 {
			start = v.Started
		}
		c := newChain(t, t.Region, start)
		err := s.o.State.Update(ctx, func(tx *state.Tx) error {
			c, err = allChains.Put(ctx, tx, c)
			return err
		})
		if errors.Is(err, state.ErrChanged) {
			return false, nil // by now another process has begun it
		}
		if err != nil {
			return false, err
		}
		chains = append(chains, c)
	}
	none = true
	for _, c := range chains {
		over, err := s.advance(ctx, now, t, c, idle)
		if err != nil {
			return false, err
		}
		none = none && over
	}
	return none, nil
}

// advance writes the digests of a chain that are due; true when the chain is over.
func (s *Service) advance(ctx context.Context, now time.Time, t trail, c state.Resource[chain], idle bool) (bool, error) {
	if now.Before(c.Value.Next) && c.Value.Next.Sub(now) <= maxBackoff {
		return false, nil
	}
	for range atOnceDigests {
		end := c.Value.Start.Add(digest.Rhythm)
		if end.After(now) {
			break
		}
		went, err := s.writeDigest(ctx, now, t, &c, end, false)
		if err != nil || !went {
			return false, err
		}
	}
	v := t.Value
	replaced := c.Value.Number != v.Chain
	if !replaced && (!idle || v.Validation && !ended(t, now)) {
		return false, nil
	}
	return s.writeDigest(ctx, now, t, &c, now, true)
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
	crash.Point("a digest is written")
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
