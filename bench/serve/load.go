package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"

	"tocsin/bench/sets"
	"tocsin/synth"
)

func zipped(text string) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// fileEvents is how many events a file has on average.
const fileEvents = 325

// loadSet is what comes in besides: events of the last minutes, as many as come
// in while memory is watched. It is made once in a run.
func (o options) loadSet(ctx context.Context) (*sets.Set, int, error) {
	folder := filepath.Join(o.temp, "load")
	events := int(float64(o.rate) * o.length.Seconds())
	if _, err := os.Stat(folder); err != nil {
		span := max(o.length.Round(5*time.Minute), 5*time.Minute)
		err := sets.Write(ctx, folder, synth.Options{
			Events: events, Files: events / fileEvents, Seed: 2, Story: "busy", Accounts: 12, Start: time.Now().Add(-span), Span: span, Duplicates: -1,
		})
		if err != nil {
			return nil, 0, err
		}
	}
	s, err := sets.Open("load", folder)
	return s, events, err
}

// load is a function that lets the load come in at its rate, by the bytes of the
// files, until its context or the load ends.
func (o options) load(ctx context.Context, d *daemon, around *world, way string) (func(context.Context) error, error) {
	s, _, err := o.loadSet(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		began := time.Now()
		sent := int64(0)
		for _, path := range s.Files {
			at := time.Duration(float64(o.length) * float64(sent) / float64(s.Packed))
			if err := sleep(ctx, at-time.Since(began)); err != nil {
				return err
			}
			key, err := filepath.Rel(s.Folder, path)
			if err != nil {
				return err
			}
			key = filepath.ToSlash(key)
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			sent += info.Size()
			if way != "queue" {
				if err := d.drop(path, key); err != nil {
					return err
				}
				continue
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := around.put(key, body); err != nil {
				return fmt.Errorf("the bucket: %w", err)
			}
			around.announce(key, len(body))
		}
		return nil
	}, nil
}
