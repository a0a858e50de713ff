package blob_test

import (
	"context"
	"testing"

	"tocsin/store/blob"
	"tocsin/store/blob/blobtest"
)

func TestMemory(t *testing.T) {
	blobtest.Run(t, func() blob.Store { return blob.NewMemory() })
}

func TestDir(t *testing.T) {
	blobtest.Run(t, func() blob.Store { return openDir(t, t.TempDir()) })
}

func TestS3(t *testing.T) {
	blobtest.Run(t, func() blob.Store { return newS3(t, "some/prefix/", nil) })
}

// The store that fails on purpose is a proper one as long as nothing fails,
// and also when content is read in small pieces.
func TestFaulty(t *testing.T) {
	for name, fault := range map[string]blobtest.Fault{"none": blobtest.None, "short": blobtest.Short} {
		t.Run(name, func(t *testing.T) {
			plan := func(context.Context, blobtest.Op, string) blobtest.Fault { return fault }
			blobtest.Run(t, func() blob.Store { return blobtest.Faulty(blob.NewMemory(), plan) })
		})
	}
}

func openDir(t *testing.T, folder string) *blob.Dir {
	t.Helper()
	d, err := blob.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
