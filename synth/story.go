package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A storyRow is a tale told in calls over a background.
type storyRow struct {
	// about tells the tale in a sentence.
	about string
	// background is what else goes on.
	background []habitRow
	// cast are the actors whom the background does not know.
	cast  []actorRow
	beats []beat
}

// A beat is one moment of a story: an actor makes a call, or several.
type beat struct {
	// at is when, since the story began: "1h05m30s".
	at string
	by string
	// calls are names of calls, a comma and a space between them.
	calls string
	// with binds placeholders for all of them: "user=support-sync".
	with string
	// fails is how they end: "denied", "failed" in the call's own way, or
	// "throttled"; empty is success.
	fails string
	// region is the Region; empty is the first one of the Options. Global
	// services log in us-east-1 whatever it says.
	region string
	// times repeats the calls, every so often.
	times int
	every string
}

// stories are all stories by name.
var stories = map[string]storyRow{
	"quiet":    {about: "a well-kept account on a calm day", background: calm},
	"busy":     {about: "a large company's working day, in which every CIS control is met now and then", background: slices.Concat(calm, changes)},
	"takeover": takeover,
	"noise":    noise,
	"insider":  insider,
	"ransom":   ransom,
}

// Stories lists the names of the stories, sorted.
func Stories() []string { return slices.Sorted(maps.Keys(stories)) }

// About tells a story in a sentence; empty when there is none of the name.
func About(story string) string { return stories[story].about }

// A moment is one call of a story.
type moment struct {
	sec    int64 // after the story's begin
	region string
	call   *call
	actor  *actor
	ends   ending
	bound  map[string]template
}

// compileStory lays out the beats' calls in order of time, the Region "" being home.
func compileStory(beats []beat, calls map[string]*call, cast map[string]*actor, home string) []moment {
	var all []moment
	for _, b := range beats {
		at, actor, bound := mustDuration(b.at), mustActor(cast, b.by), compileBindings(b.with)
		every := time.Second
		if b.every != "" {
			every = mustDuration(b.every)
		}
		for range max(b.times, 1) {
			for _, name := range strings.Split(b.calls, ", ") {
				m := moment{sec: int64(at / time.Second), region: b.region, call: mustCall(calls, name), actor: actor, bound: bound}
				if m.region == "" {
					m.region = home
				}
				if m.call.global {
					m.region = globalRegion
				}
				m.ends = mustEnding(b.fails)
				all = append(all, m)
				at += every
			}
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return int(a.sec - b.sec) })
	return all
}

func mustEnding(name string) ending {
	switch name {
	case "":
		return succeeded
	case "denied":
		return denied
	case "throttled":
		return throttled
	case "failed":
		return failed
	}
	panic(fmt.Sprintf("synth: a call cannot end as %q", name))
}

func mustDuration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic("synth: " + err.Error())
	}
	return d
}
