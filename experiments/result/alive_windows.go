package result

import "golang.org/x/sys/windows"

// alive reports whether a process with that number exists, as far as the system tells.
func alive(pid int) bool {
	p, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return err != windows.ERROR_INVALID_PARAMETER // the error for a number that no process has
	}
	defer windows.CloseHandle(p)
	event, err := windows.WaitForSingleObject(p, 0)
	return err != nil || event != windows.WAIT_OBJECT_0 // a process can have ended while another one still has it open
}
