// Package hosts says which requests a server of this machine answers.
package hosts

import (
	"net"
	"slices"
	"strings"
)

// Welcome reports whether a server answers requests for a host, which may have a port.
// The owner of a name can direct it to any address (DNS rebinding), so a name is only
// accepted if it is in names. An address and "localhost" are always accepted.
func Welcome(host string, names []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	return host == "localhost" || net.ParseIP(host) != nil || slices.ContainsFunc(names, func(h string) bool { return strings.EqualFold(h, host) })
}
