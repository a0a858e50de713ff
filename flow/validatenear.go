package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/core/digest"
	"tocsin/source"
)

// mostLater is how many keys after the time asked for are looked at.
const mostLater = 1000

// near visits digests in a folder of an account and Region of which there are
// none from start to end: those of the last month with any before that time, and
// the first after it. Years of digests are not listed for it.
func near(ctx context.Context, o source.Objects, bucket, folder string, start, end time.Time, visit func(t digest.Trail, key string, later bool)) error {
	look := func(prefix, after string, later bool, most int) (found bool, err error) {
		n := 0
		for key, err := range o.Keys(ctx, bucket, prefix, after) {
			if err != nil {
				return found, fmt.Errorf("list %s: %w", digest.Place{Bucket: bucket, Key: prefix}, err)
			}
			t, stamp, _, ok := digest.ParseKey(key)
			if ok && (later && stamp.After(end) || !later && stamp.Before(start)) {
				found = true
				visit(t, key, later)
			}
			if n++; n == most {
				break
			}
		}
		return found, nil
	}
	if _, err := look(folder, folder+end.UTC().Format(dayForm), true, mostLater); err != nil {
		return err
	}
	last := folder + start.UTC().Format("2006/01/")
	years, err := o.Folders(ctx, bucket, folder)
	if err != nil {
		return err
	}
	for _, year := range slices.Backward(years) {
		if year > last {
			continue
		}
		months, err := o.Folders(ctx, bucket, year)
		if err != nil {
			return err
		}
		for _, month := range slices.Backward(months) {
			if month > last {
				continue
			}
			if found, err := look(month, "", false, -1); found || err != nil {
				return err
			}
		}
	}
	return nil
}

// miss notes a digest that is not of the time asked for.
func (c *Chain) miss(key string, later bool) {
	c.outside = key
	c.earlier, c.later = c.earlier || !later, c.later || later
}

// whyEmpty is why a chain has no digests of the time asked for.
func (c *Chain) whyEmpty() digest.Cause {
	switch {
	case !c.later:
		return digest.Ended
	case c.earlier:
		return digest.Restarted
	}
	return digest.Began
}

// deliversBeside tells whether a folder of log files is of an account that one of
// the chains is about too.
func deliversBeside(chains []Chain, folder string) bool {
	return slices.ContainsFunc(chains, func(c Chain) bool {
		all := strings.TrimSuffix(c.Trail.LogFolder(), c.Trail.Region+"/")
		return strings.HasPrefix(folder, all)
	})
}
