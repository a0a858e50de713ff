package event

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func text(s string) Value { return Value{Raw: []byte(s), Kind: String} }

func TestIDOf(t *testing.T) {
	guid := text("00d3d82b-5ed2-4044-9eeb-172CBB1a0e15")
	if id, ok := IDOf(guid); !ok || id != (ID{0x00, 0xd3, 0xd8, 0x2b, 0x5e, 0xd2, 0x40, 0x44, 0x9e, 0xeb, 0x17, 0x2c, 0xbb, 0x1a, 0x0e, 0x15}) {
		t.Errorf("the ID of %s is %x, %v", guid.Raw, id, ok)
	}
	seen := map[ID]string{}
	for _, s := range []string{
		"00d3d82b-5ed2-4044-9eeb-172cbb1a0e16", "00d3d82b-5ed2-4044-9eeb-172cbb1a0e1g", "00d3d82b+5ed2-4044-9eeb-172cbb1a0e15",
		"EXAMPLEb-7dae-48cb-895f-20e86EXAMPLE", "x", "X", "00d3d82b", "g8h9i0j1-k2l3-m4n5-o6p7-q8r9s0t1u2v3",
	} {
		id, ok := IDOf(text(s))
		if before, twice := seen[id]; !ok || twice {
			t.Errorf("%s: %v, like %q", s, ok, before)
		}
		seen[id] = s
	}
	plain, _ := IDOf(text("a/b"))
	if id, ok := IDOf(Value{Raw: []byte(`\u0061\/b`), Kind: String, Escaped: true}); !ok || id != plain {
		t.Error("an escaped ID is another one")
	}
	for _, v := range []Value{{}, {Kind: Null, Raw: []byte("null")}, {Kind: Number, Raw: []byte("1")}, text("")} {
		if _, ok := IDOf(v); ok {
			t.Errorf("%s has an ID", v.Raw)
		}
	}
	if n := testing.AllocsPerRun(100, func() { IDOf(guid) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSeen(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var seen Seen
	known := map[ID]bool{}
	for i := range 50_000 {
		var id ID
		switch i % 3 {
		case 0: // few different ones, the zero ID too
			id[15] = byte(random.IntN(200))
		case 1:
			binary.LittleEndian.PutUint64(id[8:], random.Uint64N(20_000))
		default:
			binary.LittleEndian.PutUint64(id[:], random.Uint64())
		}
		if added := seen.Add(id); added == known[id] {
			t.Fatalf("Add(%x) is %v", id, added)
		}
		known[id] = true
		if seen.Len() != len(known) {
			t.Fatalf("%d IDs, want %d", seen.Len(), len(known))
		}
	}
	if size := 16 * len(seen.table); size > 43*len(known) {
		t.Errorf("%d bytes for %d IDs", size, len(known))
	}
	id := ID{1}
	if n := testing.AllocsPerRun(100, func() { seen.Add(id) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
