package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"tocsin/core/event"
	"tocsin/source"
	"tocsin/store/state"
)

// A file is a log file on its way through.
type file struct {
	arrival source.Arrival
	group   int64
	key     event.Key
	keyed   bool   // whether key tells anything
	version string // of the content that was read
	began   int64  // when it began to be read
	put     bool   // it is no file but a Put, and leaves no mark

	// Of the end of the file; the last part brings them.
	rejected int64
	problem  string
	givenUp  bool // nothing of it can be read, now or later

	committed tally // of its parts so far; the committer's
}

// A tally counts the records of a part or a file.
type tally struct {
	stored, repeated int64
	newest           int64 // time of the newest event
}

func (t *tally) add(other tally) {
	t.stored, t.repeated, t.newest = t.stored+other.stored, t.repeated+other.repeated, max(t.newest, other.newest)
}

// A part is some of a file's records, in order. The mark is written with the last.
type part struct {
	file  *file
	last  bool
	group *group // whose filters hits are of
	slab
	streams []string // names of log streams
	size    int64    // bytes of room taken

	// What became of it in the attempt to commit it that was made last.
	fate partFate
	tally
	undated int64 // of those stored
}

type partFate uint8

const (
	live    partFate = iota // its events are to be written, but for repeats
	marked                  // its file was taken in before
	written                 // by an attempt of unknown outcome, as it turned out
	lost                    // its log group is gone
)

// A record is one record of a part.
type record struct {
	end    int   // in part.raw
	hits   int32 // end in part.hits
	stream uint32
	time   int64
	id     event.ID
	dated  bool // the time is its own
}

// partBytes is how many bytes of records a part has at most, but for its last
// record; partRecords is how many records.
const (
	partBytes   = 8 << 20
	partRecords = 1 << 16
)

// message is the i-th record as it came.
func (p *part) message(i int) []byte {
	from := 0
	if i > 0 {
		from = p.records[i-1].end
	}
	return p.raw[from:p.records[i].end]
}

// matches are the filters that the i-th record matches, ascending.
func (p *part) matches(i int) []int32 {
	from := int32(0)
	if i > 0 {
		from = p.records[i-1].hits
	}
	return p.hits[from:p.records[i].hits]
}

func (p *part) addHits(hits []int) {
	for _, h := range hits {
		p.hits = append(p.hits, int32(h))
	}
}

// full tells whether no record more goes into the part.
func (p *part) full() bool { return len(p.raw) >= partBytes || len(p.records) >= partRecords }

// recordSize is about what a record takes beside its bytes.
const recordSize = 64

// weigh notes what the part takes in memory.
func (p *part) weigh() {
	p.size = int64(cap(p.raw)) + recordSize*int64(cap(p.records)) + 4*int64(cap(p.hits)) + 256
}

// mark names the file in the database.
func (f *file) mark() state.Mark {
	return state.Mark{Source: f.arrival.Source, Key: f.arrival.Key, Version: f.version}
}

// idOf is the id of a record without one of its own: of where it stands, so that
// the same file gives the same ids.
func (f *file) idOf(offset int64) event.ID {
	h := sha256.New()
	for _, text := range []string{f.arrival.Source, f.arrival.Key, f.version} {
		h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	h.Write(binary.AppendVarint(nil, offset))
	return event.ID(h.Sum(nil)[:len(event.ID{})])
}

// streamOf names the log stream of a record as CloudTrail does: by the account
// and Region of the file's key ("Log group and log stream naming for CloudTrail"
// in its guide; o- is before it for the trail of an organization), or else
// of the record.
func (f *file) streamOf(account, region []byte) string {
	if f.keyed {
		organization := ""
		if f.key.OrganizationID != "" {
			organization = f.key.OrganizationID + "_"
		}
		return organization + f.key.Account + "_CloudTrail_" + f.key.Region
	}
	if len(account) == 0 || len(region) == 0 {
		return streamName(f.arrival.Key)
	}
	return streamName(string(account) + "_CloudTrail_" + string(region))
}

// maxStream is the longest name of a log stream, in characters (CloudWatch Logs
// API Reference, CreateLogStream, which forbids : and * as well).
const maxStream = 512

// streamName makes a name of a log stream of any text.
func streamName(text string) string {
	text = strings.Map(func(c rune) rune {
		if c == ':' || c == '*' || c < ' ' || c == utf8.RuneError {
			return '_'
		}
		return c
	}, text)
	if text == "" {
		return "unknown"
	}
	if n := utf8.RuneCountInString(text); n > maxStream {
		text = string([]rune(text)[n-maxStream:])
	}
	return text
}

// maxProblem bounds the text of a mark's problem, in bytes.
const maxProblem = 500

// problemText is what is wrong with a file, for its mark: the first of its
// problems, and how many more there are.
func problemText(problems []event.Problem) string {
	if len(problems) == 0 {
		return ""
	}
	text := problems[0].Err.Error()
	if n := len(problems) - 1; n > 0 {
		text += "; and more"
	}
	if len(text) > maxProblem {
		text = strings.ToValidUTF8(text[:maxProblem], "")
	}
	return text
}
