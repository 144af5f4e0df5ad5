package result

import "golang.org/x/sys/windows"

// alive reports whether there is a process of that number, as far as can be told.
func alive(pid int) bool {
	p, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return err != windows.ERROR_INVALID_PARAMETER // what it says of a number that nobody has
	}
	defer windows.CloseHandle(p)
	event, err := windows.WaitForSingleObject(p, 0)
	return err != nil || event != windows.WAIT_OBJECT_0 // an ended one that somebody still looks at
}
