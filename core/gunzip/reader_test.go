package gunzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestLevels(t *testing.T) {
	var r Reader
	for _, s := range samples(300_000) {
		for _, level := range levels {
			same(t, fmt.Sprintf("%s, level %d", s.name, level), &r, packed(t, s.text, level), always(128<<10))
		}
	}
}

func TestLevelsOfZlib(t *testing.T) {
	var r Reader
	for _, s := range samples(300_000) {
		for level := 1; level <= 9; level++ {
			data := zlib(t, s.text, level)
			same(t, fmt.Sprintf("%s, level %d", s.name, level), &r, data, always(128<<10))
			same(t, fmt.Sprintf("%s, level %d, small reads", s.name, level), &r, data, sizes(277, 278, 1, 400, 3000, 32<<10))
		}
	}
}

func TestReadSizes(t *testing.T) {
	var r Reader
	random := rand.New(rand.NewPCG(5, 6))
	for _, s := range samples(20_000) {
		data := packed(t, s.text, 6)
		for n := 1; n <= 300; n++ {
			same(t, fmt.Sprintf("%s by %d", s.name, n), &r, data, always(n))
		}
		for range 20 {
			same(t, s.name+" by random sizes", &r, data, func() int { return 1 << random.IntN(18) * (100 + random.IntN(100)) / 100 })
		}
	}
}

// TestSources reads from sources that give little at a time, or their end
// together with the last bytes.
func TestSources(t *testing.T) {
	sources := map[string]func(io.Reader) io.Reader{
		"one byte":          iotest.OneByteReader,
		"half":              iotest.HalfReader,
		"error with data":   iotest.DataErrReader,
		"one byte, its end": func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
		"sometimes nothing": func(r io.Reader) io.Reader { return &stutter{src: iotest.HalfReader(r)} },
	}
	var r Reader
	for _, s := range samples(40_000) {
		for _, level := range []int{0, 1, 6} {
			data := slices.Concat(packed(t, s.text, level), packed(t, s.text, 9))
			want, wantErr := oracle(bytes.NewReader(data))
			for name, wrap := range sources {
				got, err := readAll(&r, wrap(bytes.NewReader(data)), always(5000))
				judge(t, s.name+" from "+name, got, err, want, wantErr)
			}
		}
	}
}

// A stutter gives nothing every other time.
type stutter struct {
	src  io.Reader
	turn int
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.turn++; s.turn%2 == 1 {
		return 0, nil
	}
	return s.src.Read(p)
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("the cable is cut")
	data := slices.Concat(packed(t, records(3000), 6), packed(t, records(100), 6))
	whole, err := oracle(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var r Reader
	for cut := range len(data) {
		got, err := readAll(&r, io.MultiReader(bytes.NewReader(data[:cut]), iotest.ErrReader(broken)), always(1000))
		if err != broken {
			t.Fatalf("cut at %d: error %v, want that of the source", cut, err)
		}
		if !bytes.HasPrefix(whole, got) {
			t.Fatalf("cut at %d: other text", cut)
		}
	}
}

func TestSourceGivesNothing(t *testing.T) {
	var r Reader
	if err := r.Reset(stuck{}); err != io.ErrNoProgress {
		t.Errorf("error %v, want %v", err, io.ErrNoProgress)
	}
	if err := r.Reset(liar{}); err != errCount {
		t.Errorf("error %v, want %v", err, errCount)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

type liar struct{}

func (liar) Read(p []byte) (int, error) { return len(p) + 1, nil }

// TestHeaders reads headers with every set of flags, whole, cut at every byte, and
// with every byte changed.
func TestHeaders(t *testing.T) {
	var r Reader
	body := packed(t, []byte("text"), 6)[10:]
	for flags := range 64 {
		head := []byte{0x1f, 0x8b, 8, byte(flags), 1, 2, 3, 4, 0, 3}
		if flags&hasExtra != 0 {
			head = append(head, 7, 0)
			head = append(head, "extra\x00!"...)
		}
		if flags&hasName != 0 {
			head = append(head, "name\xe4\x00"...)
		}
		if flags&hasComment != 0 {
			head = append(head, "comment\x00"...)
		}
		if flags&hasCRC != 0 {
			sum := crc32.ChecksumIEEE(head)
			head = append(head, byte(sum), byte(sum>>8))
		}
		data := slices.Concat(head, body)
		if got, err := readAll(&r, bytes.NewReader(data), always(100)); err != nil || string(got) != "text" {
			t.Fatalf("flags %#x: %q, %v", flags, got, err)
		}
		for cut := range data {
			same(t, fmt.Sprintf("flags %#x cut at %d", flags, cut), &r, data[:cut], always(100))
			changed := slices.Clone(data)
			changed[cut] ^= 1 << (cut % 8)
			same(t, fmt.Sprintf("flags %#x changed at %d", flags, cut), &r, changed, always(100))
		}
	}
}

func TestLongHeaders(t *testing.T) {
	var r Reader
	for _, n := range []int{0, 1, 509, 510, 511, 512, 513, 1000, 65535} {
		for _, flags := range []byte{hasExtra, hasName, hasComment, hasName | hasComment, hasName | hasCRC, hasExtra | hasCRC} {
			head := []byte{0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255}
			if flags&hasExtra != 0 {
				head = append(head, byte(n), byte(n>>8))
				head = append(head, strings.Repeat("x", n)...)
			}
			for _, flag := range []byte{hasName, hasComment} {
				if flags&flag != 0 {
					head = append(head, strings.Repeat("n", n)...)
					head = append(head, 0)
				}
			}
			if flags&hasCRC != 0 {
				sum := crc32.ChecksumIEEE(head)
				head = append(head, byte(sum), byte(sum>>8))
			}
			same(t, fmt.Sprintf("flags %#x with %d", flags, n), &r, slices.Concat(head, packed(t, []byte("text"), 6)[10:]), always(100))
		}
	}
}

func TestMembers(t *testing.T) {
	var r Reader
	empty := packed(t, nil, 6)
	one := packed(t, records(1000), 6)
	big := packed(t, records(200_000), 6)
	var many []byte
	for i := range 1000 {
		many = append(many, packed(t, []byte(fmt.Sprint(i)), i%10)...)
	}
	cases := map[string][]byte{
		"none":                  nil,
		"empty":                 empty,
		"empty ones":            slices.Concat(empty, empty, empty),
		"two":                   slices.Concat(one, one),
		"empty between":         slices.Concat(one, empty, big, empty, one),
		"many":                  many,
		"garbage after":         slices.Concat(one, []byte("this is not gzip at all")),
		"little garbage after":  slices.Concat(one, []byte("none")),
		"a zero after":          slices.Concat(one, []byte{0}),
		"zeros after":           slices.Concat(one, make([]byte, 1000)),
		"half a member after":   slices.Concat(one, big[:1000]),
		"a byte of header":      slices.Concat(one, big[:1]),
		"stored, then deflated": slices.Concat(packed(t, records(70_000), 0), big),
		"not gzip":              []byte("{ \"Records\": [ ] }, which is long enough"),
	}
	for name, data := range cases {
		for _, n := range []int{1, 7, 1000, 128 << 10} {
			same(t, fmt.Sprintf("%s by %d", name, n), &r, data, always(n))
		}
	}
}

// TestMatchIntoEarlierMember refuses a match that reaches before its own member.
func TestMatchIntoEarlierMember(t *testing.T) {
	first := packed(t, []byte("abcdefgh"), 6)
	// Fixed codes: length 3 (0000001), distance 1 (00000).
	reach := slices.Concat(first[:10], []byte{0x03, 0x02, 0x00}, make([]byte, 8))
	var r Reader
	for _, n := range []int{3, 1000} {
		same(t, "match into an earlier member", &r, slices.Concat(first, reach), always(n))
		got, err := readAll(&r, bytes.NewReader(slices.Concat(first, reach)), always(n))
		if kind(err) != "corrupt" || string(got) != "abcdefgh" {
			t.Errorf("%q, %v: want the first member and an error", got, err)
		}
	}
}

func TestChecksum(t *testing.T) {
	var r Reader
	for _, s := range samples(2000) {
		data := packed(t, s.text, 6)
		for i := len(data) - 8; i < len(data); i++ {
			changed := slices.Clone(data)
			changed[i]++
			got, err := readAll(&r, bytes.NewReader(changed), always(500))
			if err != gzip.ErrChecksum || !bytes.Equal(got, s.text) {
				t.Errorf("%s: error %v and %d bytes, want %v after %d", s.name, err, len(got), gzip.ErrChecksum, len(s.text))
			}
		}
	}
}

// TestCut cuts at every byte.
func TestCut(t *testing.T) {
	var r Reader
	for _, s := range samples(2500) {
		for _, level := range []int{gzip.HuffmanOnly, 0, 1, 6} {
			data := packed(t, s.text, level)
			for cut := range data {
				same(t, fmt.Sprintf("%s, level %d, cut at %d", s.name, level, cut), &r, data[:cut], always(1000))
			}
		}
	}
}

// TestFlipped flips every bit.
func TestFlipped(t *testing.T) {
	var r Reader
	for _, s := range samples(500) {
		for _, level := range []int{gzip.HuffmanOnly, 0, 1, 9} {
			data := packed(t, s.text, level)
			for i := range 8 * len(data) {
				data[i/8] ^= 1 << (i % 8)
				same(t, fmt.Sprintf("%s, level %d, bit %d flipped", s.name, level, i), &r, data, always(4000))
				data[i/8] ^= 1 << (i % 8)
			}
		}
	}
}

// TestPlaces looks at the place in the error of damaged data, which lies right
// behind what cannot be read, counted from the beginning of the source.
func TestPlaces(t *testing.T) {
	one := packed(t, records(100_000), 0)
	var r Reader
	for _, at := range []int{10, len(one) + 10} { // the first byte of a body: reserved block type
		data := slices.Concat(one, one)
		data[at] |= 6
		_, err := readAll(&r, bytes.NewReader(data), always(1000))
		if want := fmt.Sprintf("flate: corrupt input before offset %d", at+1); fmt.Sprint(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestFlushed gets what a writer flushed without waiting for more.
func TestFlushed(t *testing.T) {
	source, pipe := io.Pipe()
	w := gzip.NewWriter(pipe)
	var r Reader
	go func() {
		for _, err := range []error{write(w, "first"), w.Flush(), write(w, "second"), w.Flush()} {
			if err != nil {
				pipe.CloseWithError(err)
			}
		}
	}()
	defer source.Close()
	got := make(chan string)
	go func() {
		defer close(got)
		if err := r.Reset(source); err != nil {
			got <- err.Error()
			return
		}
		buf := make([]byte, 10_000)
		for range 2 {
			n, err := r.Read(buf)
			if got <- string(buf[:n]); err != nil {
				return
			}
		}
	}()
	for _, want := range []string{"first", "second"} {
		select {
		case text := <-got:
			if text != want {
				t.Errorf("%q, want %q", text, want)
			}
		case <-time.After(2 * time.Minute):
			t.Fatal("the flushed text did not come")
		}
	}
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

func TestZeroValue(t *testing.T) {
	var r Reader
	if n, err := r.Read(make([]byte, 10)); n != 0 || err != io.EOF {
		t.Errorf("a Reader without a source read %d, %v; want 0, EOF", n, err)
	}
	if err := r.Reset(strings.NewReader("")); err != io.EOF {
		t.Errorf("error %v of an empty source, want EOF", err)
	}
	if err := r.Reset(bytes.NewReader(packed(t, []byte("text"), 6))); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing gave %d, %v", n, err)
	}
}

func TestAllocations(t *testing.T) {
	var r Reader
	data := slices.Concat(packed(t, records(300_000), 6), packed(t, []byte("x"), 6))
	src, buf := bytes.NewReader(nil), make([]byte, 128<<10)
	n := testing.AllocsPerRun(10, func() {
		src.Reset(data)
		err := r.Reset(src)
		for err == nil {
			_, err = r.Read(buf)
		}
		if err != io.EOF {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a file", n)
	}
}

// With Multistream(false) a Reader ends where compress/gzip does, and knows
// whether the source does too.
func TestOneMember(t *testing.T) {
	for _, s := range samples(600) {
		data := packed(t, s.text, 6)
		for name, behind := range map[string][]byte{"nothing": nil, "a byte": {0}, "another member": data, "rubbish": []byte("more, but no member")} {
			for _, size := range []int{1, 100, 1 << 20} {
				var r Reader
				if err := r.Reset(iotest.OneByteReader(bytes.NewReader(slices.Concat(data, behind)))); err != nil {
					t.Fatal(err)
				}
				r.Multistream(false)
				text, err := io.ReadAll(onlySome{&r, size})
				if err != nil || !bytes.Equal(text, s.text) {
					t.Errorf("%s behind %d bytes: %d bytes, %v", name, len(s.text), len(text), err)
				}
				if more, err := r.Behind(); err != nil || more != (len(behind) > 0) {
					t.Errorf("%s behind %d bytes: Behind says %v, %v", name, len(s.text), more, err)
				}
			}
		}
	}
	disk := errors.New("disk")
	data := packed(t, []byte("text"), 6)
	var r Reader
	if err := r.Reset(io.MultiReader(bytes.NewReader(data), iotest.ErrReader(disk))); err != nil {
		t.Fatal(err)
	}
	r.Multistream(false)
	if text, err := io.ReadAll(&r); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if more, err := r.Behind(); more || !errors.Is(err, disk) {
		t.Errorf("the source fails behind a member: %v, %v", more, err)
	}
	// Reset reads all members again.
	if text, err := readAll(&r, bytes.NewReader(slices.Concat(data, data)), always(100)); err != nil || string(text) != "texttext" {
		t.Errorf("%q, %v", text, err)
	}
}

// onlySome reads at most n bytes at a time.
type onlySome struct {
	r io.Reader
	n int
}

func (o onlySome) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), o.n)]) }
