package app

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"tocsin/core/topic"
)

// listenError says why an address cannot be listened on, and what to do.
func listenError(key, flag string, at Listen, err error) error {
	message := fmt.Sprintf("cannot listen on %s: %v", at, err)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		message = fmt.Sprintf("%s is in use, perhaps by another tocsin: give %s (%s) another port", at, key, flag)
	case errors.Is(err, syscall.EACCES):
		message = fmt.Sprintf("%s may not be listened on: ports below 1024 are for privileged programs; give %s (%s) another port", at, key, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		message = fmt.Sprintf("%s is no address of this machine: give %s (%s) another, such as 127.0.0.1:4580 or :4580", at, key, flag)
	}
	return &FileError{Places: []Place{{Message: message}}}
}

// Site is where the links in messages lead.
func (a *App) Site() topic.Site {
	c := a.Config()
	if a.listen != nil {
		c.Listen = bound(c.Listen, a.listen)
	}
	return c.Site()
}

// ConsoleURL is where the status page is, "" when it is off.
func (a *App) ConsoleURL() string {
	if a.console == nil {
		return ""
	}
	return "http://" + bound(a.Config().Console, a.console).reachable()
}

// ListenURL is where requests arrive, "" when they do not.
func (a *App) ListenURL() string {
	if a.listen == nil {
		return ""
	}
	return "http://" + bound(a.Config().Listen, a.listen).reachable()
}

// bound is an address with the port that was given for 0.
func bound(l Listen, on net.Listener) Listen {
	host, _, err := net.SplitHostPort(string(l))
	_, port, wrong := net.SplitHostPort(on.Addr().String())
	if err != nil || wrong != nil {
		return l
	}
	return Listen(net.JoinHostPort(host, port))
}
