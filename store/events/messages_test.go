package events

import (
	"bytes"
	"slices"
	"testing"
)

// The first messages of a page are the same whether the rest is read or not.
func TestTheStartOfAPage(t *testing.T) {
	w := newSegmentWriter(defaultSizes)
	all := synthetic(t, 1000)
	slices.SortFunc(all, func(a, b Event) int { return a.place().compare(b.place()) })
	for _, e := range all {
		if err := w.add(e); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.end()
	if err != nil {
		t.Fatal(err)
	}
	source := bytesReader{bytes.NewReader(file)}
	opened, err := openParquet(source)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newRowGroup(opened.RowGroups()[0], source)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := g.messagePages()
	if err != nil {
		t.Fatal(err)
	}
	var m messageReader
	for _, p := range pages {
		for _, rows := range []int{1, 2, p.rows / 3, p.rows / 2, p.rows - 1, p.rows} {
			got, err := m.read(source, p, rows)
			if err != nil {
				t.Fatal(err)
			}
			var want [][]byte
			for _, e := range all[p.first : p.first+rows] {
				want = append(want, e.Message)
			}
			if !slices.EqualFunc(want, got, bytes.Equal) {
				t.Errorf("the first %d of %d messages from row %d on are others", rows, p.rows, p.first)
			}
		}
		if rows := p.rows / 3; len(m.raw) == 0 {
			t.Error("nothing was read")
		} else if _, err := m.read(source, p, rows); err != nil || len(m.raw) > cap(m.raw)/2 && p.rows > 100 {
			t.Errorf("%d bytes of %d were decompressed for a third of the page: %v", len(m.raw), cap(m.raw), err)
		}
	}
	if len(pages) < 2 {
		t.Errorf("%d pages", len(pages))
	}
}

// A bytesReader is a blob.
type bytesReader struct{ *bytes.Reader }

func (bytesReader) Close() error { return nil }

func TestTheLastOfSomeRows(t *testing.T) {
	s := newRowSet(300)
	for _, row := range []int{0, 63, 64, 130, 299} {
		s.add(row)
	}
	for low := range 300 {
		for high := low; high <= 300; high++ {
			want := -1
			for row := low; row < high; row++ {
				if s.has(row) {
					want = row
				}
			}
			if got := s.last(low, high); got != want {
				t.Fatalf("the last from %d to before %d: %d, want %d", low, high, got, want)
			}
		}
	}
}
