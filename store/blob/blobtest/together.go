package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tocsin/store/blob"
)

// listing: by prefix, after a key, in the order of bytes.
func listing(t *testing.T, s blob.Store) {
	all := []string{
		"a", "b!", "b-c!/x", "b-c/d", "b-d", "b.c", "b/c-d", "b/c/e", "b/c/f", "b/d", "b0", "bb/c", "é", "日/本",
	}
	for i := range all {
		key := all[i*5%len(all)]
		put(t, s, key, []byte(key))
	}
	places := slices.Concat(all, []string{"", "b", "b-", "b/", "b/c", "b/c/", "b//", "zz", "/", "../", "\xff"})
	for _, prefix := range places {
		for _, after := range places {
			var want []string
			for _, key := range all {
				if strings.HasPrefix(key, prefix) && key > after {
					want = append(want, key)
				}
			}
			if got := list(t, s, prefix, after); !slices.Equal(got, want) {
				t.Errorf("prefix %q after %q: %q, want %q", prefix, after, got, want)
			}
		}
	}
	for about, err := range s.List(t.Context(), "", "") {
		if err != nil || about.Key != all[0] || about.Size != int64(len(all[0])) {
			t.Errorf("the first is %+v, %v", about, err)
		}
		break // a listing need not be read to its end
	}
}

// listingOfMany: more than a page, and resumed in the middle.
func listingOfMany(t *testing.T, s blob.Store) {
	const n = 1100
	each(t, n, func(ctx context.Context, i int) error { return s.Put(ctx, numbered(i), strings.NewReader("x")) })
	got := list(t, s, "", "")
	for i := range n {
		if i >= len(got) || got[i] != numbered(i) {
			t.Fatalf("%d of %d keys, not %s as number %d", len(got), n, numbered(i), i)
		}
	}
	if got := list(t, s, "n/10", numbered(1034)); len(got) != 1099-1034 {
		t.Errorf("resumed, %d keys", len(got))
	}
}

// listingWhileWriting: what is there all the time is listed once, in order,
// and nothing waits for the listing.
func listingWhileWriting(t *testing.T, s blob.Store) {
	const n = 40
	for i := range n {
		put(t, s, fmt.Sprintf("n/%02d", i), []byte("stays"))
	}
	seen := 0
	for about, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(about.Key, "new") {
			continue
		}
		if want := fmt.Sprintf("n/%02d", seen); about.Key != want {
			t.Fatalf("listed %s, want %s", about.Key, want)
		}
		put(t, s, fmt.Sprintf("n/%02d new", seen), []byte("comes"))
		put(t, s, fmt.Sprintf("a new/%02d", seen), []byte("comes behind"))
		if err := s.Delete(t.Context(), fmt.Sprintf("a new/%02d", seen-1)); seen > 0 && err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != n {
		t.Errorf("%d of %d listed", seen, n)
	}
}

// sameKey: of writes at the same time one wins, and none is mixed with another.
func sameKey(t *testing.T, s blob.Store) {
	const writers = 8
	contents := make([][]byte, writers)
	for i := range contents {
		contents[i] = bytes.Repeat([]byte{byte('a' + i)}, 300_000+i%3)
	}
	results := make([]error, writers)
	each(t, writers, func(ctx context.Context, i int) error {
		results[i] = s.Put(ctx, "differ", bytes.NewReader(contents[i]))
		return s.Put(ctx, "equal", bytes.NewReader(contents[0]))
	})
	got := get(t, s, "differ")
	won := 0
	for i, err := range results {
		switch {
		case err == nil && bytes.Equal(got, contents[i]):
			won++
		case err == nil:
			t.Errorf("writer %d was told that its content is there, and it is not", i)
		case !errors.Is(err, blob.ErrExist):
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d writers won", won)
	}
	if got := get(t, s, "equal"); !bytes.Equal(got, contents[0]) {
		t.Errorf("equal contents became %d other bytes", len(got))
	}
	if got := list(t, s, "", ""); !slices.Equal(got, []string{"differ", "equal"}) {
		t.Errorf("there are %q", got)
	}
}

// sideBySide: writers, deleters and readers of one folder, and of one key,
// disturb each other in no other way than that a blob is there or is not.
func sideBySide(t *testing.T, s blob.Store) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	each(t, 6, func(ctx context.Context, i int) error {
		own := fmt.Sprintf("folder/of/%d", i)
		for range 10 {
			for _, key := range []string{own, "folder/of/all"} {
				if err := s.Put(ctx, key, bytes.NewReader(content)); err != nil {
					return err
				}
			}
			if got, err := read(ctx, s, own); err != nil || !bytes.Equal(got, content) {
				return fmt.Errorf("%s: %d bytes, %w", own, len(got), err)
			}
			if got, err := read(ctx, s, "folder/of/all"); err == nil && !bytes.Equal(got, content) {
				return fmt.Errorf("shared: %d bytes", len(got))
			} else if err != nil && !errors.Is(err, blob.ErrNotExist) {
				return err
			}
			for _, key := range []string{own, "folder/of/all"} {
				if err := s.Delete(ctx, key); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if got := list(t, s, "", ""); len(got) > 0 {
		t.Errorf("there are %q", got)
	}
}

// each runs do for the numbers below n, eight at a time at least, and fails
// with the errors.
func each(t *testing.T, n int, do func(ctx context.Context, i int) error) {
	t.Helper()
	const workers = 8
	var group sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = do(t.Context(), i)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
