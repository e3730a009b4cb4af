/* Stands in for a library that Rust's standard library wants of Windows 10 and that Wine has only since version 8.12.
   Made anew by the script beside it; for tests alone. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PUCHAR data, SIZE_T len)
{
    while (len > 0) {
        ULONG step = len > 65536 ? 65536 : (ULONG)len;
        if (!RtlGenRandom(data, step)) return FALSE;
        data += step;
        len -= step;
    }
    return TRUE;
}
