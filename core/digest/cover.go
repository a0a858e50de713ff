package digest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A Head is what Cover needs to know of a digest; it is small, whatever the
// digest lists.
type Head struct {
	Place      Place
	Start, End time.Time // of a digest that is not valid: End by its name, Start zero
	Reason     Reason
	Previous   Place // zero in a starting digest

	self, names [sha256.Size]byte // stand for place, hash and signature: its own, and those it names
}

// HeadOf is the head of a checked digest.
func HeadOf(c Checked) Head {
	h := Head{Place: c.Place, Reason: c.Verdict.Reason}
	if !c.Verdict.Valid() {
		h.End, _ = stampOf(c.Place.Key)
		return h
	}
	h.Start, h.End, h.Previous = c.File.Start, c.File.End, c.File.Previous.Place
	h.self = identity(Previous{c.Place, hex.EncodeToString(c.Hash[:]), c.Signature})
	if !c.File.Previous.Named() {
		h.Previous = Place{}
		return h
	}
	h.names = identity(c.File.Previous)
	return h
}

// identity is equal for two digests when Previous.Fits says so.
func identity(p Previous) [sha256.Size]byte {
	hash := p.Hash
	if missing := hex.EncodedLen(sha256.Size) - len(hash); missing > 0 {
		hash = strings.Repeat("0", missing) + hash
	}
	return sha256.Sum256([]byte(p.Place.Bucket + "\n" + p.Place.Key + "\n" + hash + "\n" + strings.ToLower(p.Signature)))
}

// A Cause is why a stretch of time is not proven.
type Cause uint8

const (
	// Broken: a digest of the chain is missing or not valid.
	Broken Cause = iota
	// Began: the chain begins after it.
	Began
	// Restarted: digests were not written, and then a new chain was begun:
	// logging or validation had been off, or nobody can tell otherwise.
	Restarted
	// Ended: there is no newer digest. Either there is none yet, or logging or
	// validation was switched off, or the newest digests were deleted, which
	// nothing in the older ones can tell.
	Ended
)

var causes = [...]string{Broken: "broken", Began: "began", Restarted: "restarted", Ended: "ended"}

// String names the cause.
func (c Cause) String() string { return causes[c] }

// MarshalJSON writes the name.
func (c Cause) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// A Span is a stretch of time without a hole.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// A Hole is a stretch of time of which nothing is proven.
type Hole struct {
	Span
	Cause Cause `json:"cause"`
	// Digests are those that are missing or not valid in it, one by one.
	Digests []Absent `json:"digests"`
}

// An Absent is a digest that should prove a stretch of time and does not.
type Absent struct {
	Place  Place
	Reason Reason
	// Inferred: no digest names it, since the one that would is missing too; its
	// name is worked out from the hour that every digest lasts, and may be wrong
	// by a few seconds, or wrong altogether if logging was off.
	Inferred bool
}

// A Coverage says what stretch of time is proven. Proven and Holes together are
// the whole of it, without overlap.
type Coverage struct {
	Proven []Span
	Holes  []Hole
	// Replaced are the digests that are properly signed but not those that the
	// digests after them name.
	Replaced []Place
}

// firstDigests is when CloudTrail began to write digests: the day on which AWS
// announced them.
var firstDigests = time.Date(2015, 7, 1, 0, 0, 0, 0, time.UTC)

// Rhythm is how long the window of a digest lasts.
const Rhythm = time.Hour

// Cover tells what a trail's digests prove of the time from start to end. The
// heads are those of all digests that are listed or named, also of the missing
// ones; their order does not matter. Backfill digests are passed over: what they
// list belongs to windows that are proven by others.
func Cover(t Trail, heads []Head, start, end time.Time) Coverage {
	start, end = start.UTC().Truncate(time.Second), end.UTC().Truncate(time.Second)
	var c Coverage
	good, bad := sortHeads(heads, &c)
	proof := make(map[Place]bool, len(good))
	for _, d := range good {
		proof[d.Place] = true
	}
	if !start.Before(end) {
		return c
	}
	cursor := start
	for i, d := range good {
		if !d.End.After(cursor) || !d.Start.Before(end) || !d.Start.Before(d.End) {
			continue // of another time, or of none at all
		}
		if d.Start.After(cursor) {
			c.Holes = append(c.Holes, hole(t, Span{cursor, d.Start}, good, i, bad, proof))
			cursor = d.Start
		}
		to := d.End
		if to.After(end) {
			to = end
		}
		if n := len(c.Proven); n > 0 && c.Proven[n-1].To.Equal(cursor) {
			c.Proven[n-1].To = to
		} else {
			c.Proven = append(c.Proven, Span{cursor, to})
		}
		cursor = to
	}
	if cursor.Before(end) {
		// The window that holds end may be that of a digest after it.
		next := slices.IndexFunc(good, func(d Head) bool { return !d.Start.Before(end) })
		if next < 0 {
			next = len(good)
		}
		c.Holes = append(c.Holes, hole(t, Span{cursor, end}, good, next, bad, proof))
	}
	return c
}

// sortHeads parts valid digests, oldest first, from those that prove nothing, by
// their ends, and finds those that were replaced. Of two heads of one place the
// valid one counts.
func sortHeads(heads []Head, c *Coverage) (good, bad []Head) {
	byPlace := make(map[Place]int, len(heads))
	for i, h := range heads {
		if first, told := byPlace[h.Place]; !told || h.Reason < heads[first].Reason {
			byPlace[h.Place] = i
		}
	}
	replaced := map[Place]bool{}
	for i, h := range heads {
		if byPlace[h.Place] != i || h.Reason != Valid || h.Previous == (Place{}) {
			continue
		}
		if older, there := byPlace[h.Previous]; there && heads[older].Reason == Valid && heads[older].self != h.names {
			replaced[h.Previous] = true
		}
	}
	for i, h := range heads {
		switch {
		case byPlace[h.Place] != i || IsBackfill(h.Place.Key): // told twice, or not of this chain
		case replaced[h.Place]:
			h.Reason = Replaced
			bad = append(bad, h)
		case h.Reason == Valid:
			good = append(good, h)
		default:
			bad = append(bad, h)
		}
	}
	for place := range replaced {
		c.Replaced = append(c.Replaced, place)
	}
	slices.SortFunc(c.Replaced, func(a, b Place) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Bucket, b.Bucket)) })
	order := func(a, b Head) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End), cmp.Compare(a.Place.Key, b.Place.Key), cmp.Compare(a.Place.Bucket, b.Place.Bucket))
	}
	slices.SortFunc(good, order)
	slices.SortFunc(bad, func(a, b Head) int { return cmp.Or(a.End.Compare(b.End), order(a, b)) })
	return good, bad
}

// endsAfter is the index of the first head, in the order of their ends, that ends
// after t.
func endsAfter(heads []Head, t time.Time) int {
	i, _ := slices.BinarySearchFunc(heads, t, func(h Head, t time.Time) int {
		if h.End.After(t) {
			return 1
		}
		return -1
	})
	return i
}

// hole explains a stretch of time before good[next]; there may be none.
func hole(t Trail, s Span, good []Head, next int, bad []Head, proof map[Place]bool) Hole {
	h := Hole{Span: s, Digests: []Absent{}}
	within := bad[endsAfter(bad, s.From):endsAfter(bad, s.To.Add(Rhythm/2))]
	for _, b := range within {
		h.Digests = append(h.Digests, Absent{Place: b.Place, Reason: b.Reason})
	}
	// A digest goes on from one that is not among the good ones: that one, at least, is lacking.
	chained := next < len(good) && good[next].Previous != Place{} && !proof[good[next].Previous]
	switch {
	case chained || len(within) > 0:
		h.Cause = Broken
	case next == len(good):
		h.Cause = Ended
	case next > 0:
		h.Cause = Restarted
	default:
		h.Cause = Began
	}
	if chained {
		// The chain goes on without a break until next begins: every hour back
		// to the last proven one has had its digest.
		from := s.From
		if from.Before(firstDigests) {
			from = firstDigests
		}
		for end := good[next].Start; end.Sub(from) > Rhythm/2; end = end.Add(-Rhythm) {
			i := endsAfter(within, end.Add(-Rhythm/2-1))
			if i == len(within) || within[i].End.After(end.Add(Rhythm/2)) {
				h.Digests = append(h.Digests, Absent{Place: Place{good[next].Place.Bucket, t.Key(end, false)}, Reason: NotFound, Inferred: true})
			}
		}
	}
	slices.SortFunc(h.Digests, func(a, b Absent) int {
		return cmp.Or(cmp.Compare(a.Place.Key, b.Place.Key), cmp.Compare(a.Place.Bucket, b.Place.Bucket))
	})
	return h
}
