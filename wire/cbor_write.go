package wire

import (
	"encoding/binary"
	"math"
	"time"
)

// The major types of CBOR, RFC 8949 section 3.1, and what else RPC v2 uses.
const (
	cborUint byte = iota << 5
	cborNegative
	cborBytes
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple

	cborFalse      = cborSimple | 20
	cborTrue       = cborSimple | 21
	cborNull       = cborSimple | 22
	cborUndefined  = cborSimple | 23
	cborFloat16    = cborSimple | 25
	cborFloat32    = cborSimple | 26
	cborFloat64    = cborSimple | 27
	cborBreak      = cborSimple | 31
	cborIndefinite = 31
	tagEpoch       = 1
)

// A cborWriter appends CBOR. The length of structures is left open, since it
// is not known beforehand how many members are present.
type cborWriter struct{ b []byte }

func (w *cborWriter) head(major byte, n uint64) {
	switch {
	case n < 24:
		w.b = append(w.b, major|byte(n))
	case n <= math.MaxUint8:
		w.b = append(w.b, major|24, byte(n))
	case n <= math.MaxUint16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, major|25), uint16(n))
	case n <= math.MaxUint32:
		w.b = binary.BigEndian.AppendUint32(append(w.b, major|26), uint32(n))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, major|27), n)
	}
}

func (w *cborWriter) text(s string) {
	w.head(cborText, uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *cborWriter) blob(b []byte) {
	w.head(cborBytes, uint64(len(b)))
	w.b = append(w.b, b...)
}

func (w *cborWriter) boolean(v bool) {
	if v {
		w.b = append(w.b, cborTrue)
	} else {
		w.b = append(w.b, cborFalse)
	}
}

func (w *cborWriter) integer(n int64) {
	if n < 0 {
		w.head(cborNegative, uint64(-(n + 1)))
	} else {
		w.head(cborUint, uint64(n))
	}
}

func (w *cborWriter) float(f float64, _ int) {
	if math.IsNaN(f) || float64(float32(f)) == f {
		w.b = binary.BigEndian.AppendUint32(append(w.b, cborFloat32), math.Float32bits(float32(f)))
		return
	}
	w.b = binary.BigEndian.AppendUint64(append(w.b, cborFloat64), math.Float64bits(f))
}

// time writes seconds since 1970 as tag 1, to the millisecond.
func (w *cborWriter) time(t time.Time) {
	w.head(cborTag, tagEpoch)
	w.b = binary.BigEndian.AppendUint64(append(w.b, cborFloat64), math.Float64bits(float64(t.UnixMilli())/1000))
}

func (w *cborWriter) object()                { w.b = append(w.b, cborMap|cborIndefinite) }
func (w *cborWriter) endObject()             { w.b = append(w.b, cborBreak) }
func (w *cborWriter) member(name string)     { w.text(name) }
func (w *cborWriter) mapping(n int, _ Entry) { w.head(cborMap, uint64(n)) }
func (w *cborWriter) key(name string)        { w.text(name) }
func (w *cborWriter) endMapping()            {}
func (w *cborWriter) array(n int)            { w.head(cborArray, uint64(n)) }
func (w *cborWriter) element()               {}
func (w *cborWriter) endArray()              {}
