package sns

import (
	"encoding/base64"
	"slices"
	"strings"
)

// pageSize is how many entries a list gives at once. [SNS API]
const pageSize = 100

// pageOf is the page of a list, which is in the order of its keys, that a token asks
// for, and the token of the next. A token is where to go on, so that entries which come
// and go in between neither repeat others nor hide them.
func pageOf[T any](all []T, token *string, key func(T) string) (page []T, next *string, err error) {
	if token != nil && *token != "" {
		after, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil {
			return nil, nil, invalid("NextToken Reason: it was not given out by this service")
		}
		from, found := slices.BinarySearchFunc(all, string(after), func(v T, k string) int { return strings.Compare(key(v), k) })
		if found {
			from++
		}
		all = all[from:]
	}
	if len(all) <= pageSize {
		return all, nil, nil
	}
	page = all[:pageSize]
	t := base64.RawURLEncoding.EncodeToString([]byte(key(page[pageSize-1])))
	return page, &t, nil
}
