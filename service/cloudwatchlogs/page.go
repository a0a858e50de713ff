package cloudwatchlogs

import (
	"encoding/base64"
	"sort"
)

// pageOf is the page of a list, which is in the order of its keys or the opposite
// one, that a token asks for, and the token of the next. A token says behind which
// key to go on, so that what comes and goes in between neither repeats others nor
// hides them.
func pageOf[T any](all []T, token *string, limit int, descending bool, key func(T) string) (page []T, next *string, ok bool) {
	if token != nil {
		after, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil || len(after) == 0 {
			return nil, nil, false
		}
		all = all[sort.Search(len(all), func(i int) bool {
			k := key(all[i])
			return k > string(after) && !descending || k < string(after) && descending
		}):]
	}
	if len(all) <= limit {
		return all, nil, true
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(key(all[limit-1])))
	return all[:limit], &text, true
}
