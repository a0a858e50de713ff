package events

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"
)

// sample makes events whose messages come to more than a chunk.
func sample(n int) []Event {
	r := rand.New(rand.NewPCG(1, 2))
	events := make([]Event, n)
	for i := range events {
		e := &events[i]
		e.Time = 1_700_000_000_000 + r.Int64N(100_000)
		e.Ingested = 1_700_000_200_000 + int64(i/10)
		e.Stream = []string{"a", "", "111122223333_CloudTrail_eu-west-1"}[i%3]
		binary.BigEndian.PutUint64(e.ID[:], r.Uint64())
		e.Message = fmt.Appendf(nil, `{"eventName":"E%d","pad":"%x"}`, i, bytes.Repeat([]byte{byte(i)}, r.IntN(900)))
	}
	events[0].Message = nil
	return events
}

// decodeAll reads a whole block.
func decodeAll(body []byte) ([]Event, error) {
	b, err := openBlock(body)
	if err != nil {
		return nil, err
	}
	var all []Event
	for _, c := range b.chunks {
		raw, err := c.messages(nil)
		if err != nil {
			return nil, err
		}
		for i := c.first; i < c.first+c.rows; i++ {
			all = append(all, Event{Time: b.times[i], ID: b.ids[i], Ingested: b.stored[i], Stream: b.streams[i], Message: slices.Clone(raw[:b.lengths[i]])})
			raw = raw[b.lengths[i]:]
		}
	}
	return all, nil
}

func TestBlock(t *testing.T) {
	for _, n := range []int{1, 2, 100, 3000} {
		want := sample(n)
		b, err := Encode(7, slices.Values(want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeAll(b.Body)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !bytes.Equal(want[i].Message, got[i].Message) {
				t.Fatalf("%d events: message %d differs", n, i)
			}
			want[i].Message, got[i].Message = nil, nil
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%d events: %s", n, d)
		}
		byTime := func(a, b Event) int { return int(a.Time - b.Time) }
		if b.LogGroup != 7 || b.Events != int64(n) || b.Size != int64(len(b.Body)) ||
			b.First != slices.MinFunc(want, byTime).Time || b.Last != slices.MaxFunc(want, byTime).Time {
			t.Errorf("%d events: block %+v", n, b)
		}
	}
}

func TestBlockOfNothing(t *testing.T) {
	if _, err := Encode(1, slices.Values([]Event(nil))); err == nil {
		t.Error("a block without events was made")
	}
	if _, err := Encode(1, slices.Values([]Event{{Message: make([]byte, maxMessage+1)}})); err == nil {
		t.Error("a message that is too large was taken")
	}
}

// Every byte counts: whichever is changed, or wherever the body ends, it is noticed.
func TestDamagedBlock(t *testing.T) {
	b, err := Encode(1, slices.Values(sample(40)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Body {
		body := slices.Clone(b.Body)
		body[i] ^= 1 << (i % 8)
		if _, err := decodeAll(body); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := decodeAll(b.Body[:i]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
}

// A head may say anything under a right checksum, without harm.
func FuzzBlock(f *testing.F) {
	b, err := Encode(1, slices.Values(sample(5)))
	if err != nil {
		f.Fatal(err)
	}
	size := int(binary.LittleEndian.Uint32(b.Body[len(blockMagic):]))
	head, err := unpack(nil, b.Body[blockFixed:blockFixed+size], maxHead)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(head, b.Body[blockFixed+size:])
	f.Fuzz(func(t *testing.T, head, chunks []byte) {
		packed := s2.Encode(nil, head)
		body := append([]byte(blockMagic), 0, 0, 0, 0, 0, 0, 0, 0)
		binary.LittleEndian.PutUint32(body[len(blockMagic):], uint32(len(packed)))
		binary.LittleEndian.PutUint32(body[len(blockMagic)+4:], checksum(packed))
		body = append(append(body, packed...), chunks...)
		all, err := decodeAll(body)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v", err)
		}
		if err == nil && len(all) == 0 {
			t.Error("a block without events")
		}
	})
}

// Messages one behind the other in memory, and others, are put together as they come.
func TestMessagesOfAChunkThatAreInOnePlace(t *testing.T) {
	file := []byte("abcdefghij")
	for name, messages := range map[string][][]byte{
		"all":              {file[:3], file[3:5], file[5:]},
		"an empty one":     {file[:3], file[3:3], file[3:5]},
		"a gap":            {file[:3], file[4:5], file[5:7], file[7:]},
		"another order":    {file[3:5], file[:3], file[5:]},
		"two files":        {file[:3], []byte("xyz"), file[3:5], file[5:]},
		"without room":     {file[:3:3], file[3:5:5], file[5:]},
		"the same again":   {file[:3], file[:3], file[3:5]},
		"first an empty":   {{}, file[:3], file[3:5]},
		"nothing but such": {{}, nil},
	} {
		for _, room := range [][]byte{nil, make([]byte, 0, 4), make([]byte, 0, 64)} {
			var run []byte
			for _, m := range messages {
				run, room = appended(run, m, room)
			}
			if want := bytes.Join(messages, nil); !bytes.Equal(run, want) || string(file) != "abcdefghij" {
				t.Errorf("%s: %q, want %q, of %q", name, run, want, file)
			}
		}
	}
}
