package app

import (
	"net"
	"strings"
)

// Notify tells systemd how the service fares (READY=1, RELOADING=1, STOPPING=1;
// see sd_notify(3)). It does nothing where nobody asked to be told.
func Notify(getenv func(string) string, what string) error {
	path := getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if strings.HasPrefix(path, "@") {
		path = "\x00" + path[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	_, err = c.Write([]byte(what))
	if closing := c.Close(); err == nil {
		err = closing
	}
	return err
}
