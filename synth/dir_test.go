package synth

import (
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "logs")
	sum, err := WriteDir(dir, Options{Events: 300, Files: 12, Duplicates: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	var got Summary
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		zip, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(zip)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(string(text), `{"Records":[{"eventVersion":"`) || !strings.HasSuffix(string(text), `}]}`) {
			t.Errorf("%s is not a log file", path)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		got.Files++
		got.Events += strings.Count(string(text), `{"eventVersion":"`)
		got.Compressed += info.Size()
		got.Decompressed += int64(len(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got.Duplicates = got.Events - 300
	if got != sum {
		t.Errorf("the folder holds %+v, the summary says %+v", got, sum)
	}
	if _, err := WriteDir(dir, Options{}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("writing into a full folder: error %v", err)
	}
}
