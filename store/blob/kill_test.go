package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/store/blob"
)

// writerFolder makes the test binary a writer that never ends, in the folder it
// names; see TestDirKilled.
const writerFolder = "TOCSIN_BLOB_WRITER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(writerFolder); folder != "" {
		fmt.Fprintln(os.Stderr, write(folder))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// write puts blobs under the hashes of their contents, deletes some, puts some
// twice, from three goroutines, and says what is done.
func write(folder string) error {
	d, err := blob.OpenDir(folder)
	if err != nil {
		return err
	}
	var writers sync.WaitGroup
	var out sync.Mutex
	errs := make(chan error, 3)
	for range cap(errs) {
		writers.Go(func() {
			for {
				content := bytes.Repeat([]byte{byte(rand.N(256)), byte(rand.N(256))}, rand.N(200_000))
				key := keyOf(content)
				for range 1 + rand.N(2) {
					if err := d.Put(context.Background(), key, bytes.NewReader(content)); err != nil {
						errs <- err
						return
					}
				}
				done := "put"
				if rand.N(3) == 0 {
					if err := d.Delete(context.Background(), key); err != nil {
						errs <- err
						return
					}
					done = "deleted"
				}
				out.Lock()
				fmt.Println(done, key)
				out.Unlock()
			}
		})
	}
	return <-errs
}

// keyOf is a key that only this content has.
func keyOf(content []byte) string {
	sum := hex.EncodeToString(fmt.Appendf(nil, "%x", sha256.Sum256(content)))
	return "hour=0" + sum[1:2] + "/" + sum
}

// A writer that is killed at any time leaves whole blobs only: those that it
// said are there, none that it said are gone, and perhaps the one that each
// goroutine was at. Nothing else is left after a sweep.
func TestDirKilled(t *testing.T) {
	folder := t.TempDir()
	said := map[string]string{} // key -> what was said last
	for round := range 8 {
		writer := exec.Command(os.Args[0])
		writer.Env = append(os.Environ(), writerFolder+"="+folder)
		var complaint strings.Builder
		writer.Stderr = &complaint
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for last := rand.N(25); lines.Scan(); last-- {
			done, key, _ := strings.Cut(lines.Text(), " ")
			said[key] = done
			if last == 0 {
				if err := writer.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := writer.Wait(); err == nil || complaint.Len() > 0 {
			t.Fatalf("the writer ended by itself: %v %s", err, &complaint)
		}
		if t.Failed() {
			break
		}
		inspect(t, folder, said, fmt.Sprintf("round %d", round))
	}
	d := openDir(t, folder)
	n, err := d.Sweep(t.Context(), time.Now().Add(time.Minute))
	if left := files(t, folder+"/.incoming"); err != nil || len(left) > 0 {
		t.Errorf("after the sweep there are %q, %v", left, err)
	}
	t.Logf("%d blobs put or deleted, %d files swept", len(said), n)
}

// inspect looks at what is there after a kill.
func inspect(t *testing.T, folder string, said map[string]string, when string) {
	t.Helper()
	d := openDir(t, folder)
	there := map[string]bool{}
	for _, key := range keysOf(t, d) {
		there[key] = true
		r, err := d.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if keyOf(content) != key {
			t.Errorf("%s: %s is torn: %d bytes", when, key, len(content))
		}
		if said[key] == "deleted" {
			t.Errorf("%s: %s is there again", when, key)
		}
	}
	for key, done := range said {
		if done == "put" && !there[key] {
			t.Errorf("%s: %s is lost", when, key)
		}
	}
}
