package source

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"tocsin/internal/crash"
)

// A place is one in the order in which a backfill goes: by day, by stream, by key.
type place struct {
	Day    string `json:"day,omitempty"`
	Stream string `json:"stream,omitempty"`
	Key    string `json:"key,omitempty"`
}

// A step is a file of a backfill.
type step struct {
	place
	stored
	done bool // guarded by Backfill.mu
}

// rest lists the files that come after b.at. An error ends it.
func (b *Backfill) rest(ctx context.Context) iter.Seq2[*step, error] {
	at := b.at
	return func(yield func(*step, error) bool) {
		list := func(prefix string, in place) bool {
			for file, err := range b.shelf.files(ctx, prefix, in.Key) {
				if !yield(&step{place: place{in.Day, in.Stream, file.key}, stored: file}, err) || err != nil {
					return false
				}
			}
			return true
		}
		if len(b.streams) == 0 {
			list(b.prefix, at)
			return
		}
		for day := parseDay(max(b.first, at.Day)); dayText(day) <= b.last; day = day.AddDate(0, 0, 1) {
			for _, s := range b.streams {
				in := place{Day: dayText(day), Stream: s.prefix}
				prefix, ok := s.day(day)
				switch {
				case !ok, in.Day == at.Day && s.prefix < at.Stream:
					continue
				case in.Day == at.Day && s.prefix == at.Stream:
					in.Key = at.Key
				}
				if !list(prefix, in) {
					return
				}
			}
		}
	}
}

const dayForm = "2006-01-02"

func dayText(t time.Time) string { return t.UTC().Format(dayForm) }

// parseDay reads what dayText wrote.
func parseDay(text string) time.Time {
	day, err := time.Parse(dayForm, text)
	if err != nil {
		return time.Time{} // of a position that somebody else wrote: from the beginning
	}
	return day
}

// firstDay is the first day of all streams; the end where there is none.
func firstDay(ctx context.Context, s shelf, streams []stream, end time.Time) (time.Time, error) {
	first := end
	for _, stream := range streams {
		prefix := stream.prefix
		for range 3 { // year, month, day
			folders, err := s.folders(ctx, prefix)
			if err != nil {
				return end, err
			}
			if len(folders) == 0 {
				break
			}
			prefix = folders[0]
		}
		if m := datePath.FindStringSubmatch(prefix); m != nil {
			if day, err := time.Parse("2006/01/02", m[1]); err == nil && day.Before(first) {
				first = day
			}
		}
	}
	return first, nil
}

// depart notes a file that is given, or that is known to be taken in already.
func (b *Backfill) depart(s *step, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Listed++
	b.progress.Bytes += max(s.size, 0)
	b.progress.Day = s.Day
	if s.done = known; known {
		b.progress.Known++
	} else {
		b.flying++
	}
	if !b.stuck {
		b.way = append(b.way, s)
		b.raise()
	}
}

// arrive is the Done of a file.
func (b *Backfill) arrive(s *step, err error) {
	if err != nil && b.retry.times(s.Key) < backfillAttempts-1 && b.retry.failed(s.Key, s, b.o.Now()) {
		return
	}
	b.retry.done(s.Key)
	if err != nil {
		b.count(0, 0, 1)
		b.o.Log.Error("a file of the backfill could not be taken in", "source", b.Name(), "key", s.Key, "error", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flying--
	if err != nil {
		b.progress.GivenUp++
		b.stuck, b.way = true, nil
		return
	}
	b.progress.Done++
	s.done = true
	b.raise()
}

// raise moves low over the files that are done. It is called with mu held.
func (b *Backfill) raise() {
	for len(b.way) > 0 && b.way[0].done {
		b.low, b.way = b.way[0].place, b.way[1:]
	}
}

// position is where to go on.
func (b *Backfill) position(ctx context.Context) (at place, err error) {
	if b.o.Positions == nil {
		return at, nil
	}
	text, err := b.o.Positions.Position(ctx, b.Name(), b.part)
	if err != nil {
		return at, fmt.Errorf("ask how far the backfill got: %w", err)
	}
	if text == "" {
		return at, nil
	}
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return at, fmt.Errorf("how far the backfill got: %w", err)
	}
	return at, nil
}

// save keeps how far it got, now and then and at the end. When all is done there
// is nowhere to go on, and the position is empty again.
func (b *Backfill) save(ctx context.Context) error {
	b.mu.Lock()
	low, done, waits := b.low, b.progress.Done+b.progress.Known, b.flying
	finished := b.listed && waits == 0
	if finished && !b.stuck {
		low = place{}
	}
	b.mu.Unlock()
	b.waiting(int64(waits))
	if b.o.Positions != nil && low != b.saved && (finished || done-b.savedDone >= positionEvery) {
		text := ""
		if low != (place{}) {
			encoded, err := json.Marshal(low)
			if err != nil {
				return err
			}
			text = string(encoded)
		}
		crash.Point("backfill: position is about to be kept")
		if err := b.o.Positions.SetPosition(ctx, b.Name(), b.part, text); err != nil {
			return fmt.Errorf("keep how far the backfill got: %w", err)
		}
		crash.Point("backfill: position kept")
		b.saved, b.savedDone = low, done
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Finished = finished
	return nil
}
