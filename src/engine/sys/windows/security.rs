//! Whose a file is and who may change it: owners and access lists.
//!
//! Trusted are this process's user, and those who can do as they like on the machine anyway: administrators and the system.
//! What an elevated process makes belongs to the administrators.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr;
use windows_sys::Win32::Foundation::{
    ERROR_SUCCESS, GENERIC_ALL, GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE, LocalFree,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, EqualSid, GetAce, GetTokenInformation,
    INHERIT_ONLY_ACE, IsWellKnownSid, OWNER_SECURITY_INFORMATION, PSID, SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER,
    TokenUser, WinBuiltinAdministratorsSid, WinLocalSystemSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, DELETE, FILE_APPEND_DATA, FILE_ATTRIBUTE_NORMAL, FILE_DELETE_CHILD,
    FILE_READ_DATA, FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA, FILE_WRITE_EA, WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Rights by which somebody may change a file, or what is in a folder.
const CHANGING: u32 = FILE_WRITE_DATA
    | FILE_APPEND_DATA
    | FILE_WRITE_EA
    | FILE_WRITE_ATTRIBUTES
    | FILE_DELETE_CHILD
    | DELETE
    | WRITE_DAC
    | WRITE_OWNER
    | GENERIC_WRITE
    | GENERIC_ALL;

/// Rights by which somebody may read a file.
const READING: u32 = FILE_READ_DATA | GENERIC_READ;

/// Kinds of entries in an access list: the plain ones that allow, and those that take rights away. Any other is one that we
/// do not understand.
const ALLOWS: u8 = 0;
const DENIALS: [u8; 3] = [1, 6, 10];

/// What others may not be able to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forbidden {
    /// Change it.
    Changing,
    /// Change or read it.
    Anything,
}

/// Memory from `LocalAlloc`, freed when dropped.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: The system gave this memory to be freed so, and nothing that points into it is left.
        unsafe { LocalFree(self.0) };
    }
}

/// The user that this process acts for.
struct User {
    /// A `TOKEN_USER` with what it points to; words, so that it is aligned.
    token_user: Vec<u64>,
}

impl User {
    /// Asks the process's token.
    fn current() -> io::Result<User> {
        let mut token: HANDLE = ptr::null_mut();
        // SAFETY: The process's own handle needs no closing; the pointer has room for the answer.
        let opened = unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) };
        succeeded(opened)?;
        // SAFETY: The handle was just opened and belongs to nobody else.
        let token = unsafe { OwnedHandle::from_raw_handle(token) };
        let mut bytes = 0;
        // SAFETY: Without room the call only says how much is needed.
        unsafe { GetTokenInformation(token.as_raw_handle(), TokenUser, ptr::null_mut(), 0, &raw mut bytes) };
        let mut token_user = vec![0u64; (bytes as usize).div_ceil(size_of::<u64>()).max(size_of::<TOKEN_USER>() / 8)];
        let room = (token_user.len() * size_of::<u64>()) as u32;
        let place = token_user.as_mut_ptr().cast();
        // SAFETY: There is as much room as the call is told.
        let answered = unsafe { GetTokenInformation(token.as_raw_handle(), TokenUser, place, room, &raw mut bytes) };
        succeeded(answered)?;
        Ok(User { token_user })
    }

    fn sid(&self) -> PSID {
        // SAFETY: The words hold a `TOKEN_USER`, whose identifier lies behind it in the same words.
        unsafe { (*self.token_user.as_ptr().cast::<TOKEN_USER>()).User.Sid }
    }

    /// Whether somebody is this user, or may do as he likes anyway.
    fn trusts(&self, sid: PSID) -> bool {
        // SAFETY: Both are identifiers that live meanwhile.
        let is_self = unsafe { EqualSid(self.sid(), sid) } != 0;
        is_self
            || [WinBuiltinAdministratorsSid, WinLocalSystemSid].into_iter().any(|known| {
                // SAFETY: As above.
                unsafe { IsWellKnownSid(sid, known) != 0 }
            })
    }

    /// The user's identifier as text.
    fn text(&self) -> io::Result<String> {
        let mut text = ptr::null_mut();
        // SAFETY: The identifier lives; the pointer has room for the answer.
        let converted = unsafe { ConvertSidToStringSidW(self.sid(), &raw mut text) };
        succeeded(converted)?;
        let _owner = Local(text.cast());
        // SAFETY: The system wrote a text that ends in a zero.
        let len = (0..).take_while(|at| unsafe { *text.wrapping_add(*at) } != 0).count();
        // SAFETY: So many words stand before the zero.
        Ok(String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, len) }))
    }
}

/// Whether a call that returns a `BOOL` did what it should.
fn succeeded(answer: i32) -> io::Result<()> {
    if answer != 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Refuses a file or folder that others own, or that its access list opens to others.
///
/// # Errors
///
/// `PermissionDenied`; otherwise the system's.
pub(super) fn require_own(file: &File, forbidden: Forbidden) -> io::Result<()> {
    let (mut owner, mut list): (PSID, *mut ACL) = (ptr::null_mut(), ptr::null_mut());
    let mut descriptor = ptr::null_mut();
    let parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let handle = file.as_raw_handle();
    // SAFETY: The file is open, and every pointer has room for its answer.
    let answer = unsafe {
        GetSecurityInfo(
            handle,
            SE_FILE_OBJECT,
            parts,
            &raw mut owner,
            ptr::null_mut(),
            &raw mut list,
            ptr::null_mut(),
            &raw mut descriptor,
        )
    };
    if answer != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(answer.cast_signed()));
    }
    let _owner = Local(descriptor);
    let user = User::current()?;
    // Without a list everybody may do everything.
    let is_own = !owner.is_null() && !list.is_null() && user.trusts(owner) && is_closed(list, &user, forbidden)?;
    if is_own { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Whether an access list lets only trusted users do what is forbidden to others.
fn is_closed(list: *const ACL, user: &User, forbidden: Forbidden) -> io::Result<bool> {
    let rights = match forbidden {
        Forbidden::Changing => CHANGING,
        Forbidden::Anything => CHANGING | READING,
    };
    // SAFETY: The list lies in a descriptor that its caller owns.
    let entries = unsafe { (*list).AceCount };
    for position in 0..u32::from(entries) {
        let mut entry = ptr::null_mut();
        // SAFETY: The list lives; the pointer has room for the answer.
        let found = unsafe { GetAce(list, position, &raw mut entry) };
        succeeded(found)?;
        // SAFETY: Every entry begins with a header.
        let header = unsafe { entry.cast::<ACE_HEADER>().read() };
        let is_for_others = u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0;
        if is_for_others || DENIALS.contains(&header.AceType) {
            continue;
        }
        if header.AceType != ALLOWS {
            return Ok(false);
        }
        let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: An entry of this kind has this shape.
        let mask = unsafe { (*entry).Mask };
        // SAFETY: As above; the identifier begins at this field.
        let sid = unsafe { &raw mut (*entry).SidStart };
        if mask & rights != 0 && !user.trusts(sid.cast()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a folder for this user alone, whatever the folder around it lets others do. Administrators and the system can do
/// as they like with it, as everywhere.
///
/// # Errors
///
/// The system's.
pub(super) fn create_own_dir(path: &Path) -> io::Result<()> {
    let path = super::private_dir::wide(path)?;
    let descriptor = own_descriptor()?;
    let attributes = attributes(&descriptor);
    // SAFETY: The path ends in a zero, and the attributes live until the call is over.
    let created = unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) };
    succeeded(created)
}

/// Makes a file for this user alone and opens it for writing, to the exclusion of everybody while it is open.
///
/// # Errors
///
/// `AlreadyExists` where there is one; otherwise the system's.
pub(super) fn create_own_file(path: &Path) -> io::Result<File> {
    let path = super::private_dir::wide(path)?;
    let descriptor = own_descriptor()?;
    let attributes = attributes(&descriptor);
    const SHARED_WITH_NOBODY: u32 = 0;
    // SAFETY: The path ends in a zero, and the attributes live until the call is over.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            GENERIC_WRITE,
            SHARED_WITH_NOBODY,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: The handle was just opened and belongs to nobody else.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Whose a new file or folder is and who may do anything with it, and with what will be in it; protected from what the
/// folder around it passes on.
fn own_descriptor() -> io::Result<Local> {
    let user = User::current()?.text()?;
    let text = format!("O:{user}D:P(A;OICI;FA;;;{user})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
    let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let mut descriptor = ptr::null_mut();
    // SAFETY: The text ends in a zero, and the pointer has room for the answer.
    let converted = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            ptr::null_mut(),
        )
    };
    succeeded(converted)?;
    Ok(Local(descriptor))
}

fn attributes(descriptor: &Local) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    }
}
