package gunzip

import (
	"bytes"
	"hash/crc32"
	"slices"
	"testing"
)

// alike holds a Reader against compress/gzip, when it is new and reads size
// bytes at a time, and again when it has been used.
func alike(t *testing.T, data []byte, size uint16) {
	t.Helper()
	var r Reader
	same(t, "a new reader", &r, data, always(int(size)+1))
	same(t, "a used reader", &r, data, always(128<<10))
}

func FuzzReader(f *testing.F) {
	for _, s := range samples(600) {
		for _, level := range []int{-2, 0, 1, 6} {
			data := packed(f, s.text, level)
			f.Add(data, uint16(1000))
			f.Add(slices.Concat(data, data), uint16(3))
			f.Add(data[:len(data)*2/3], uint16(300))
		}
	}
	f.Add([]byte("\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\x00\x02\x00ab"), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) { alike(t, data, size) })
}

// FuzzDeflate takes arbitrary bytes for a member's body.
func FuzzDeflate(f *testing.F) {
	for _, s := range samples(600) {
		for _, level := range []int{-2, 0, 1, 6} {
			data := packed(f, s.text, level)
			f.Add(data[10:len(data)-8], uint16(1000))
		}
	}
	// A single distance code, and none at all: both are incomplete and allowed.
	f.Add([]byte("\x05\xc0\x81\x00\x00\x00\x00\x00\x90\xff\x6b\x04"), uint16(10))
	// Fixed codes with a match that reaches too far, and with symbols that must not occur.
	f.Add([]byte("\x4b\x04\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint16(400))
	f.Add([]byte("\x1b\x03\x00\x00\x00"), uint16(400))
	f.Fuzz(func(t *testing.T, body []byte, size uint16) {
		data := slices.Concat([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), body)
		// A checksum for what the body holds, should it be sound, and a second member.
		if text, _ := oracle(bytes.NewReader(data)); len(text) > 0 {
			sum, n := crc32.ChecksumIEEE(text), len(text)
			data = append(data, byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24), byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
			data = append(data, data...)
		}
		alike(t, data, size)
	})
}

// FuzzMutate compresses a text, repeated so that the fast loop has something to
// do, and then changes bytes: change holds places and what to add there.
func FuzzMutate(f *testing.F) {
	for _, s := range samples(3000) {
		f.Add(s.text, uint8(6), uint8(20), []byte{0, 200, 1}, uint16(700))
		f.Add(s.text, uint8(1), uint8(3), []byte{}, uint16(40000))
	}
	f.Fuzz(func(t *testing.T, text []byte, level, times uint8, change []byte, size uint16) {
		text = bytes.Repeat(text, 1+int(times))
		if len(text) > 1<<17 {
			return
		}
		data := packed(t, text, levels[int(level)%len(levels)])
		for ; len(change) >= 3; change = change[3:] {
			data[(int(change[0])<<8|int(change[1]))%len(data)] += change[2]
		}
		alike(t, data, size)
	})
}
