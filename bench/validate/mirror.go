package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"

	"tocsin/bench/sets"
	"tocsin/core/digest"
	"tocsin/core/event"
	"tocsin/source"
	"tocsin/synth"
)

// What all mirrors are about.
const (
	bucket  = "trail"
	account = "111122223333"
	region  = "eu-west-1"
	arn     = "arn:aws:cloudtrail:" + region + ":" + account + ":trail/main"
)

// hourly is how many log files a digest lists: every 86 seconds one.
const hourly = 42

// start is when the first window begins.
var start = time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)

// A mirror is a folder that mirrors a bucket: log files, the digests that list
// them, and what S3 would keep beside these.
type mirror struct {
	dir            string
	files, digests int
	packed, text   int64 // bytes of the log files
	end            time.Time
	keys           digest.Keys
	logs           []digest.Log
}

// keysFile has the public keys, in the form that list-public-keys prints.
func (m *mirror) keysFile() string { return m.dir + ".keys.json" }

// makeMirror writes a mirror of n log files with events/n events each in the
// mean, of log-normal size, and an unbroken chain of hourly digests.
func makeMirror(ctx context.Context, dir string, n, events int) (*mirror, error) {
	made := filepath.Join(dir, fmt.Sprintf("files-%d-%d", n, events))
	if _, err := os.Stat(made); errors.Is(err, fs.ErrNotExist) {
		o := synth.Options{Events: events, Files: n, Seed: 1, Story: "busy", Span: time.Duration(n) * time.Hour / hourly, Duplicates: -1}
		if err := sets.Write(ctx, made, o); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	set, err := sets.Open("validate", made)
	if err != nil {
		return nil, err
	}
	m := &mirror{dir: filepath.Join(dir, fmt.Sprintf("mirror-%d", n)), files: len(set.Files), packed: set.Packed, end: start}
	if err := os.RemoveAll(m.dir); err != nil {
		return nil, err
	}
	return m, m.fill(set.Files)
}

// fill gives each file its place in the mirror and writes the digests.
func (m *mirror) fill(files []string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	signer := digest.NewSigner(key)
	public := signer.PublicKey()
	public.ValidFrom, public.ValidTo = start.AddDate(0, -1, 0), start.AddDate(5, 0, 0)
	m.keys = digest.Keys{public.Fingerprint: public}
	if err := os.WriteFile(m.keysFile(), m.keys.AppendJSON(nil), 0o644); err != nil {
		return err
	}
	trail := digest.Trail{Account: account, Region: region, Name: "main", Home: region}
	var last *digest.Link
	for len(files) > 0 {
		w := digest.Window{Start: m.end, End: m.end.Add(digest.Rhythm), Bucket: bucket}
		batch := files[:min(hourly, len(files))]
		files = files[len(batch):]
		for i, name := range batch {
			l, err := m.adopt(trail, name, w.Start.Add(time.Duration(i)*digest.Rhythm/hourly), m.digests*hourly+i)
			if err != nil {
				return err
			}
			w.Logs = append(w.Logs, l)
		}
		m.logs = append(m.logs, w.Logs...)
		s, err := digest.Write(trail, signer, last, w)
		if err != nil {
			return err
		}
		if err := m.put(s); err != nil {
			return err
		}
		last, m.end = &s.Link, w.End
		m.digests++
	}
	return nil
}

// adopt links a file into the mirror.
func (m *mirror) adopt(t digest.Trail, name string, delivered time.Time, number int) (digest.Log, error) {
	packed, err := os.ReadFile(name)
	if err != nil {
		return digest.Log{}, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return digest.Log{}, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return digest.Log{}, err
	}
	m.text += int64(len(text))
	key := fmt.Sprintf("%s%s%s_%s_%s_%s_%016d.json.gz", t.LogFolder(), delivered.Format("2006/01/02/"), t.Account, event.LogFiles, t.Region, delivered.Format("20060102T1504Z"), number)
	to := m.path(key)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return digest.Log{}, err
	}
	return digest.LogOf(digest.Place{Bucket: bucket, Key: key}, text, delivered, delivered), os.Link(name, to)
}

// put writes a digest and its metadata.
func (m *mirror) put(s digest.Signed) error {
	to := m.path(s.Place.Key)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	meta, err := json.Marshal(map[string]any{"Metadata": s.Metadata})
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to, digest.Compress(s.Text), 0o644), os.WriteFile(to+source.MetadataSuffix, meta, 0o644))
}

func (m *mirror) path(key string) string { return filepath.Join(m.dir, filepath.FromSlash(key)) }

// damage takes one log file away and exchanges another for a third, so that
// who does not look at all of them is found out. mend undoes it.
func (m *mirror) damage() (mend func() error, err error) {
	gone, changed, third := m.path(m.logs[len(m.logs)/3].Place.Key), m.path(m.logs[len(m.logs)/2].Place.Key), m.path(m.logs[0].Place.Key)
	aside := m.dir + ".aside"
	mend = func() error {
		return errors.Join(os.Rename(aside+".gone", gone), os.Remove(changed), os.Rename(aside+".changed", changed))
	}
	return mend, errors.Join(os.Rename(gone, aside+".gone"), os.Rename(changed, aside+".changed"), os.Link(third, changed))
}
